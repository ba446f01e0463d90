"""How to load an export is told by the report of its program."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from peftsearch.results.exports.export_report import ExportReport, Loading
from peftsearch.service.work.export_programs import settle
from peftsearch.service.work.export_records import ExportRecord
from peftsearch.service.work.processes import Process

RUNNING = ExportRecord(
    id="0123456789abcdef",
    job="films",
    pick="knee",
    form="auto",
    state="running",
    trial=4,
    words="0-5 lora r4 q+v | rate 1.0e-03",
    message=None,
    rows=None,
    difference=None,
    bytes=None,
    created=0.0,
    loading=None,
    asked="auto",
    job_created=0.0,
    owner=Process(1, 0.0),
)
BERT = Loading("AutoModelForSequenceClassification", "/models/bert", {"num_labels": 2})
REPORT = ExportReport("peft", Path("adapter"), 64, 1e-7, BERT, 98_304)


def settled(folder: Path, report: Any) -> ExportRecord:
    """What becomes of an export whose program printed that."""
    (folder / "report.json").write_text(json.dumps(report))
    (folder / "adapter").mkdir(exist_ok=True)
    return settle(folder, RUNNING, "it wrote nothing")


def test_the_program_names_the_folder_of_the_archive(tmp_path: Path) -> None:
    done = settled(tmp_path, REPORT.to_json())
    assert done.loading == (
        "from peft import PeftModel\n"
        "from transformers import AutoModelForSequenceClassification\n\n"
        "base = AutoModelForSequenceClassification.from_pretrained"
        '("/models/bert", num_labels=2)\n'
        'model = PeftModel.from_pretrained(base, "films-trial-4-peft")'
    )
    assert (done.state, done.form, done.rows, done.difference) == ("done", "peft", 64, 1e-7)


def test_classes_are_named_by_the_configuration_beside_the_adapter() -> None:
    named = replace(BERT, arguments={"ignore_mismatched_sizes": True}, config=True)
    assert named.to_python("adapter", "here") == (
        "import peftsearch\n"
        "from transformers import AutoConfig, AutoModelForSequenceClassification\n\n"
        'config = AutoConfig.from_pretrained("here", subfolder="config")\n'
        "base = AutoModelForSequenceClassification.from_pretrained"
        '("/models/bert", config=config, ignore_mismatched_sizes=True)\n'
        'model = peftsearch.load_adapter(base, "here")'
    )
    assert "config" not in named.to_python("merged", "here")


def test_a_folder_of_any_name_is_quoted() -> None:
    odd = replace(BERT, base='C:\\models\\"bert" {x} é')
    program = odd.to_python("adapter", "here")
    calls: list[Any] = []
    call = program.splitlines()[3].partition("from_pretrained")[2]
    eval(f"take{call}", {"take": lambda *x, **more: calls.append((x, more))})
    assert calls == [((odd.base,), {"num_labels": 2})]


@pytest.mark.parametrize("form", ["peft", "adapter", "merged"])
def test_a_report_is_read_as_it_was_written(form: Any) -> None:
    report = replace(REPORT, form=form)
    assert ExportReport.from_json(json.loads(json.dumps(report.to_json()))) == report
    compile(report.loading.to_python(form, "folder"), "card", "exec")


@pytest.mark.parametrize("report", [{}, {"form": "peft"}, REPORT.to_json() | {"loading": 3}])
def test_another_report_is_a_failure(tmp_path: Path, report: Any) -> None:
    failed = settled(tmp_path, report)
    assert (failed.state, failed.message) == ("failed", "it wrote nothing")


def test_a_report_prints_as_what_was_written_and_how_it_is_loaded() -> None:
    first, _, program = str(REPORT).partition("\n\n")
    told = "loaded again, it differs by at most 1.0e-07 on 64 validation rows"
    assert first == f"adapter: peft, 98.3 KB; {told}"
    assert program == BERT.to_python("peft", "adapter")
    assert repr(REPORT) == f"<ExportReport of 'adapter': peft, {told}>"
