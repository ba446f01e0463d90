"""Full checks in child processes: real ones, and programs that crash, hang and talk."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image
from starlette.exceptions import HTTPException
from transformers import ViTConfig

from peftsearch.errors import Conflict
from peftsearch.records.preparation import Preparation
from peftsearch.service.settings import Settings
from peftsearch.service.work import checker as module
from peftsearch.service.work.checker import Checker
from peftsearch.spaces.jobspec.mistakes import Mistake, WrongSpec
from tests.end_to_end.conftest import write_data, write_model

from .launches import spec_of, write_workshop

Make = Callable[..., Checker]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_workshop(tmp_path_factory.mktemp("checks") / "root")
    (root / "few.csv").write_text("text,label\nfine,1\npoor,0\n")
    (root / "odd.csv").write_text("text,label\n" + "fine,1\npoor,odd\n" * 4)
    return root


@pytest.fixture
def make(workshop: Path) -> Iterator[Make]:
    """Makes checkers within the workshop; given code, of a program that runs it."""
    made = []

    def make(code: str | None = None, seconds: float = 60.0) -> Checker:
        settings = Settings("sqlite:///none", workshop / "files", data_roots=(workshop,))
        program = module.PROGRAM if code is None else (sys.executable, "-S", "-c", code)
        made.append(Checker(settings, program, seconds))
        return made[-1]

    yield make
    for checker in made:
        checker.close()


def refuse(checker: Checker, **sections: object) -> Mistake:
    with pytest.raises(WrongSpec) as caught:
        checker.check(spec_of("x", **sections))
    (mistake,) = caught.value.mistakes
    return mistake


@pytest.mark.usefixtures("warm_test")
def test_complete_spec(make: Make, workshop: Path) -> None:
    found = make().check(spec_of("x", task={"train": "data.csv", "train_rows": 1000}))
    assert found.spec.anatomy.layers == 2
    assert found.spec.task.train == str(workshop / "data.csv")
    assert "train_rows asks for 1,000 rows, there are 70" in found.notes
    assert found.notes[-1].startswith("the quality is accuracy, since '1' has 51% of")
    assert found.spec.task.default_metric == "accuracy"
    assert found.configurations > 1000
    rows = (found.data["train_rows"], found.data["validation_rows"], found.data["test_rows"])
    assert rows == (70, 15, 15)
    classes = found.data["classes"]
    assert [x["name"] for x in classes] == ["0", "1"]
    assert [sum(x[part] for x in classes) for part in ("train", "validation")] == [70, 15]


@pytest.mark.usefixtures("warm_test")
def test_a_forecast_is_told_as_by_a_dry_run(tmp_path: Path) -> None:
    """Of a model that has weights; without them there is one line."""
    task = {"train": str(write_data(tmp_path / "d.csv", 80)), "max_length": 16}
    data = spec_of("x", task=task, model={"path": str(write_model(tmp_path / "model"))})
    checker = Checker(Settings("sqlite:///none", tmp_path / "files"), seconds=300.0)
    spec = checker.check(data).spec
    found = checker.forecast(spec, 2, Preparation())
    told = {row["name"]: row["text"] for row in found["rows"]}
    assert told["data"].startswith("56 training and 12 validation rows, 12 rows for the test")
    assert {"space", "training", "time", "disk", "memory"} <= told.keys()
    low, high = found["seconds"]
    assert 0 < low < high and found["disk_bytes"] > 0
    assert len(found["first"]) == 4 and "chosen by what those before show" in found["later"]
    assert found["trials"] == spec.budget.trials
    (tmp_path / "model" / "model.safetensors").unlink()
    with pytest.raises(WrongSpec, match="weights in model"):
        checker.forecast(spec, 2, Preparation())
    checker.close()


@pytest.mark.parametrize(
    ("section", "where", "got"),
    [
        ({"task": {"train": "none.csv"}}, "task.train", "no file"),
        ({"task": {"train": "data.csv", "validation": "model"}}, "task.validation", "model"),
        ({"task": {"train": "data.csv", "label": "lable"}}, "task.label", "'lable'"),
        ({"task": {"train": "data.csv", "text": ["text", "no"]}}, "task.text", "'no'"),
        ({"task": {"train": "data.csv", "group": "user"}}, "task.group", "'user'"),
        ({"task": {"train": "data.csv", "validation": "few.csv"}}, "task.validation", "2 rows"),
        ({"task": {"train": "data.csv", "test": "odd.csv"}}, "task.test", "'odd'"),
        ({"model": {"path": "."}}, "model.path", "none in"),
        ({"space": {"bundles": ["lorra"]}}, "space", "'lorra'"),
    ],
)
@pytest.mark.usefixtures("warm_test")
def test_mistakes_name_their_key(
    make: Make, section: dict[str, object], where: str, got: str
) -> None:
    mistake = refuse(make(), **section)
    assert mistake.where == where
    assert got in mistake.got
    assert mistake.hint


@pytest.mark.parametrize(
    ("section", "where"),
    [
        (
            {"task": {"train": "data.csv", "text": "txt", "label": "lable", "group": "user"}},
            {"task.text", "task.label", "task.group"},
        ),
        (
            {
                "model": {"path": "."},
                "task": {"train": "data.csv", "label": "lable"},
                "training": {"epochs": -1},
                "tracking": ["mlflow", "no-such-tracker"],
            },
            {"model.path", "task.label", "training.epochs", "tracking"},
        ),
        (
            {
                "task": {"train": "none.csv"},
                "space": {"bundles": ["lorra"]},
                "head": {"pooling": "some"},
                "budget": {"trials": 0},
            },
            {"task.train", "space", "head.pooling", "budget.trials"},
        ),
        (
            {"task": {"train": "data.csv", "validation": "no.csv", "max_length": 1}},
            {"task.validation", "task.max_length"},
        ),
        ({"task": {"train": "none.csv", "kind": "colour"}}, {"task.kind"}),
        (
            {"task": {"train": "/etc/passwd"}, "model": {"path": "/etc"}, "name": "a b"},
            {"task.train", "model.path", "name"},
        ),
    ],
)
@pytest.mark.usefixtures("warm_test")
def test_all_mistakes_are_told_at_once(
    make: Make, section: dict[str, object], where: set[str]
) -> None:
    """And none that is there only because of another."""
    with pytest.raises(WrongSpec) as caught:
        make().check({**spec_of("x"), **section})
    assert sorted(x.where for x in caught.value.mistakes) == sorted(where)


@pytest.mark.usefixtures("warm_test")
def test_columns_of_a_source_are_listed(make: Make, workshop: Path) -> None:
    (workshop / "rows.jsonl").write_text('{"a": 1}\n{"b": "x", "a": 2}\n')
    checker = make()
    assert checker.list_columns("data.csv") == ["text", "label"]
    assert checker.list_columns("rows.jsonl", whole=True) == ["a", "b"]
    assert checker.list_columns("demo:data") == checker.list_columns("some/hub-id") == []
    for source, told in (("none.csv", "no file"), ("/etc/passwd", "passwd"), ("model", "model")):
        with pytest.raises(WrongSpec) as caught:
            checker.list_columns(source)
        (mistake,) = caught.value.mistakes
        assert mistake.where == "task.train" and told in mistake.got


@pytest.mark.usefixtures("warm_test")
def test_library_that_prints_does_not_spoil_the_answer(make: Make) -> None:
    code = (
        "import builtins, sys; from peftsearch.service.work import checking; "
        "checking.check = lambda request: print('noise') or {'mistakes': "
        "[{'where': 'a', 'expected': 'b', 'got': 'c', 'hint': 'd'}]}; checking.main()"
    )
    settings = Settings("sqlite:///none", Path("files"))
    checker = Checker(settings, (sys.executable, "-c", code))
    assert refuse(checker) == Mistake("a", "b", "c", "d")


def test_code_among_the_data_is_not_run(workshop: Path, tmp_path: Path) -> None:
    root = write_workshop(tmp_path / "root")
    for name in ("json.py", "tomllib.py", "pyarrow.py", "peftsearch.py"):
        (root / name).write_text("from pathlib import Path; Path('it-ran').touch()")
    settings = Settings("sqlite:///none", tmp_path, data_roots=(root,))
    assert Checker(settings).check(spec_of("x")).configurations > 1000
    assert not (root / "it-ran").exists()


def test_secrets_of_the_service_stay_with_it(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEFTSEARCH_TOKEN", "hunter-2")
    monkeypatch.setenv("PEFTSEARCH_STORAGE", "postgresql://user:hunter-2@host/name")
    code = (
        "import json, os; found = [k for k, v in os.environ.items() if 'hunter-2' in v]; "
        "print(json.dumps({'mistakes': [dict(where='', expected='', got=str(found), hint='')]}))"
    )
    assert refuse(make(code)).got == "[]"


def test_crash_is_told(make: Make) -> None:
    mistake = refuse(make("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"))
    assert "exit code -11" in mistake.got


def test_check_after_a_crash(make: Make, workshop: Path) -> None:
    once = f"import os, pathlib; p = pathlib.Path({str(workshop / 'mark')!r})\nif not p.exists():"
    answer = json.dumps({"mistakes": [{"where": "", "expected": "e", "got": "g", "hint": "h"}]})
    checker = make(f"{once} p.touch(); os.abort()\nprint({answer!r})")
    assert "exit code" in refuse(checker).got
    assert refuse(checker).got == "g"


def test_hanging_check_ends_with_what_it_started(make: Make, workshop: Path) -> None:
    mark = workshop / "pid"
    sleep = "import time; time.sleep(600)"
    code = (
        "import subprocess, sys, pathlib; "
        f"p = subprocess.Popen([sys.executable, '-S', '-c', {sleep!r}]); "
        f"pathlib.Path({str(mark)!r}).write_text(str(p.pid)); p.wait()"
    )
    checker = make(code, 1.0)
    seen = ""
    while not seen:  # on a busy machine a second may end before the program has begun
        assert "longer than 1 s" in refuse(checker).got
        seen = mark.read_text() if mark.exists() else ""
    pid = int(seen)
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)


def test_too_many_at_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 1)
    monkeypatch.setattr(module, "WAITING", 1)
    checker = make("import time; time.sleep(600)")
    ended: list[str] = []

    def check() -> None:
        try:
            checker.check(spec_of("x"))
        except (Conflict, WrongSpec) as error:
            ended.append(type(error).__name__)

    threads = [threading.Thread(target=check) for _ in range(2)]
    for thread in threads:
        thread.start()
    while checker.places:
        time.sleep(0.01)
    with pytest.raises(HTTPException) as caught:
        checker.check(spec_of("x"))
    assert caught.value.status_code == 429
    checker.close()
    for thread in threads:
        thread.join(300)
    assert sorted(ended) == ["Conflict", "WrongSpec"]


def test_torch_stays_out_of_the_service() -> None:
    import subprocess

    code = (
        "import sys, peftsearch.service.application, peftsearch.service.work.checking; "
        "heavy = {'torch', 'transformers', 'datasets', 'botorch', 'optuna', 'matplotlib'}; "
        "print(heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.usefixtures("warm_test")
def test_rows_of_images_do_not_leave_the_data_folders(make: Make, workshop: Path) -> None:
    """A check reads every image, of whatever name a row gives it."""
    outside = workshop.parent / "outside.png"
    Image.new("L", (4, 4)).save(outside)
    Image.new("L", (4, 4)).save(workshop / "inside.png")
    rows = [("inside.png", "0"), (str(outside), "1")] * 20
    lines = ["image,label", *(",".join(row) for row in rows)]
    (workshop / "images.csv").write_text("\n".join(lines))
    config = ViTConfig(hidden_size=8, num_hidden_layers=2, num_attention_heads=2)
    config.architectures = ["ViTForImageClassification"]
    config.save_pretrained(workshop / "vision")
    found = refuse(
        make(),
        task={"train": "images.csv", "kind": "image_classification"},
        model={"path": "vision"},
    )
    assert "at row 2 (" in found.got and "beyond the folders that jobs may read" in found.got
