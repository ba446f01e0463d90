"""Situations of public reports: small inputs, and whether the right thing happens with each.

    python benchmarks/situations.py [NAME ...]

Makes data, models and job files in a new folder, one line a case: `ok` or `FAIL`, and what came.
Ends with 1 if a line says FAIL. Names choose cases, such as `tsv` or `labels`. Takes a few
minutes: what belongs to the command line runs in processes of its own, without a network.
"""

import gzip
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import datasets
import peft
import pyarrow
import pyarrow.parquet
import torch
import transformers
from huggingface_hub.utils import filter_repo_objects
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from peftsearch.errors import UserError
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.workers.data.task_data import TaskData, load_data, load_test
from peftsearch.workers.models import locations
from peftsearch.workers.models.backbone import load_backbone

WORDS = "the kettle from our shop came on a rainy day lovely dull bright stale".split()
COUNT = 80
Row = tuple[str, ...]
Found = tuple[object, bool]
"""What came, and whether it is right."""
Case = Callable[["Place"], Found]
CASES: dict[str, Case] = {}


class Place:
    """A new folder with rows and a tiny decoder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shuffled = random.Random(1)
        self.rows: list[Row] = [
            (f"{' '.join(shuffled.sample(WORDS, 4 + i % 4))} {i}", ("bad", "good")[i % 2])
            for i in range(COUNT)
        ]
        self.model = self.save("base", make_decoder(), self.make_tokenizer())
        self.csv = self.write("plain.csv", ",", self.rows)

    def write(
        self, name: str, delimiter: str, rows: Sequence[Row], head: Row = ("text", "label")
    ) -> str:
        """A file of fields as they stand, without quoting."""
        content = "".join(f"{delimiter.join(row)}\n" for row in (head, *rows)).encode()
        packed = gzip.compress(content) if name.endswith(".gz") else content
        return self.put(name, packed)

    def put(self, name: str, content: bytes) -> str:
        """A file of this content."""
        (self.folder / name).write_bytes(content)
        return str(self.folder / name)

    def put_lines(self, name: str, rows: Sequence[Any]) -> str:
        """A file of JSON lines."""
        return self.put(name, "\n".join(map(json.dumps, rows)).encode())

    def spec(self, train: str, model: str = "", **task: Any) -> Any:
        """A complete job."""
        data = {
            "name": "x",
            "model": {"path": model or self.model},
            "task": {"train": train, "max_length": 32, **task},
            "budget": {"trials": 2},
        }
        return complete_spec(data, self.folder)

    def load(self, train: str, **task: Any) -> TaskData:
        """The data of a job."""
        return load_data(self.spec(train, **task))

    def count(self, train: str, **task: Any) -> int:
        """Rows of its three parts."""
        data, test = self.load(train, **task), load_test(self.spec(train, **task))
        return sum(len(part.texts) for part in (data.train, data.validation, test))

    def job(self, name: str, train: str, model: str = "") -> str:
        """A job file."""
        text = (
            f'name = "{name}"\n[model]\npath = "{model or self.model}"\n[task]\n'
            f'train = "{train}"\nmax_length = 32\n[budget]\ntrials = 2\n'
        )
        (self.folder / f"{name}.toml").write_text(text)
        return f"{name}.toml"

    def call(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """The command line, to its end."""
        command = [sys.executable, "-m", "peftsearch", *arguments]
        environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
        return subprocess.run(
            command, capture_output=True, text=True, cwd=self.folder, env=environment, check=False
        )

    def make_tokenizer(self) -> Any:
        """One of whole words."""
        made = Tokenizer(models.WordLevel(unk_token="<unk>"))
        made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        special = ["<s>", "</s>", "<unk>", "<pad>"]
        trainer = trainers.WordLevelTrainer(vocab_size=150, special_tokens=special)
        made.train_from_iterator([text for text, _ in self.rows], trainer)
        kinds = ("bos_token", "eos_token", "unk_token", "pad_token")
        names: Any = dict(zip(kinds, special, strict=True))
        return transformers.PreTrainedTokenizerFast(tokenizer_object=made, **names)

    def save(self, name: str, model: Any, tokenizer: Any) -> str:
        """A model's folder."""
        model.save_pretrained(self.folder / name)
        tokenizer.save_pretrained(self.folder / name)
        return str(self.folder / name)

    def copy_model(self, name: str) -> Path:
        """Another folder with the same model."""
        return Path(shutil.copytree(self.folder / "base", self.folder / name))

    def save_beyond(self) -> str:
        """A model whose tokenizer has an id more than its embedding has rows."""
        tokenizer = self.make_tokenizer()
        model = make_decoder(vocab_size=len(tokenizer), pad_token_id=None)
        tokenizer.add_special_tokens({"pad_token": "[PAD]"})
        return self.save("beyond", model, tokenizer)


def make_decoder(**fields: Any) -> Any:
    """A random Llama of 2 layers."""
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
    ids = {"vocab_size": 160, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 3}
    config = transformers.LlamaConfig(**{**sizes, **heads, **ids, **fields})
    return transformers.LlamaForCausalLM(config)


def case(name: str) -> Callable[[Case], Case]:
    """A function that is a case of that name; its docstring says what is right."""

    def enter(function: Case) -> Case:
        CASES[name] = function
        return function

    return enter


@case("labels")
def find_labels(place: Place) -> Found:
    """1 and 1.0 are one class, in one file and across two."""
    names = [(text, str(int(label == "good"))) for text, label in place.rows]
    train = place.write("whole.csv", ",", names)
    rows = [(f"{text} v", f"{label}.0") for text, label in names[:20]]
    data = place.load(train, validation=place.write("floats.csv", ",", rows))
    notes = [note for note in data.notes if "is read as" in note]
    return (data.label_names, notes), data.label_names == ["0", "1"] and len(notes) == 2


@case("truth")
def find_truth(place: Place) -> Found:
    """True, True and 1 are one class where they meet."""
    spell = {"good": ("true", "True", "1"), "bad": ("false", "False", "0")}
    rows = [(text, spell[label][i // 2 % 3]) for i, (text, label) in enumerate(place.rows)]
    data = place.load(place.write("truth.csv", ",", rows))
    return (data.label_names, data.notes), data.label_names == ["0", "1"] and bool(data.notes)


@case("spaces")
def find_spaces(place: Place) -> Found:
    """Spaces at the end of a label make no class."""
    rows = [(text, label + " " * (i % 3)) for i, (text, label) in enumerate(place.rows)]
    data = place.load(place.write("spaces.csv", ",", rows))
    return (data.label_names, data.notes), data.label_names == ["bad", "good"]


@case("tsv")
def count_quotes(place: Place) -> Found:
    """A TSV with stray quotes keeps its rows."""
    stray = {9: ('"', ""), 19: ("", '"'), 49: ('"', ""), 59: ("", '"')}
    rows = [
        (f"{stray.get(i, ('', ''))[0]}{text}{stray.get(i, ('', ''))[1]}", label)
        for i, (text, label) in enumerate(place.rows)
    ]
    count = place.count(place.write("quotes.tsv", "\t", rows))
    return count, count == COUNT


@case("plain tsv")
def count_plain(place: Place) -> Found:
    """A TSV without quotes does so too."""
    count = place.count(place.write("plain.tsv", "\t", place.rows))
    return count, count == COUNT


@case("headers")
def count_headers(place: Place) -> Found:
    """Columns without a header, or with one twice, that nobody reads."""
    rows = [(*row, "", "", "7", "8") for row in place.rows]
    head = ("text", "label", "", "", "id", "id")
    count = place.count(place.write("headers.csv", ",", rows, head))
    return count, count == COUNT


@case("formats")
def count_formats(place: Place) -> Found:
    """A JSON array, a packed CSV, an upper-case ending, a folder of Parquet."""
    rows = [{"text": text, "label": label} for text, label in place.rows]
    (place.folder / "shards").mkdir()
    for part in range(2):
        table = pyarrow.Table.from_pylist(rows[part::2])
        path = place.folder / "shards" / f"train-0000{part}-of-00002.parquet"
        pyarrow.parquet.write_table(table, path)
    sources = [
        place.put("array.json", json.dumps(rows).encode()),
        place.write("packed.csv.gz", ",", place.rows),
        place.write("UPPER.CSV", ",", place.rows),
        str(place.folder / "shards"),
    ]
    counts = [place.count(source) for source in sources]
    return counts, counts == [COUNT] * 4


@case("cut")
def refuse_cut(place: Place) -> Found:
    """A packed file that is cut is refused."""
    path = Path(place.write("cut.csv.gz", ",", place.rows))
    path.write_bytes(path.read_bytes()[:-30])
    return refused(lambda: place.load(str(path)), "readable")


@case("splits")
def choose_split(place: Place) -> Found:
    """The split of exactly the name wins, and the others are named."""
    labels = [label for _, label in place.rows]
    names = ("train_extra", "train", "test")
    splits = {
        name: datasets.Dataset.from_dict(
            {"text": [f"{name} {text}" for text, _ in place.rows], "label": labels}
        )
        for name in names
    }
    datasets.DatasetDict(splits).save_to_disk(str(place.folder / "splits"))
    data = place.load(str(place.folder / "splits"))
    used = data.train.texts[0][0].split()[0]
    return (used, data.notes), used == "train" and "train_extra" in data.notes[0]


@case("alike")
def hold_out_alike(place: Place) -> Found:
    """Texts that differ in a full stop are on one side."""
    rows = [(text + end, label) for text, label in place.rows for end in ("", " .", "!")]
    data = place.load(place.write("alike.csv", ",", rows))
    sides = [{text.rstrip(" .!") for (text,) in x.texts} for x in (data.train, data.validation)]
    return (len(sides[0] & sides[1]), data.notes), not sides[0] & sides[1] and bool(data.notes)


@case("one class")
def tell_one_class(place: Place) -> Found:
    """A validation file of one class is told."""
    rows = [(f"{text} v", label) for text, label in place.rows if label == "good"]
    held = place.write("one.csv", ",", rows)
    notes = place.load(place.csv, validation=held, metric="matthews").notes
    return notes, any("of the class 'good'" in note for note in notes)


@case("surrogates")
def tell_halves(place: Place) -> Found:
    """Half of a surrogate pair is told, and the dry run goes on."""
    rows = [{"text": f"{text} \ud83d", "label": label} for text, label in place.rows]
    job = place.job("halves", place.put_lines("halves.jsonl", rows))
    done = place.call("run", job, "--dry-run")
    said = "surrogate" in done.stdout + done.stderr
    return last_line(done), done.returncode == 0 and said


@case("beyond")
def refuse_beyond(place: Place) -> Found:
    """A token id beyond the embedding is found by --dry-run."""
    done = place.call("run", place.job("beyond", place.csv, place.save_beyond()), "--dry-run")
    return last_line(done), done.returncode == 2


@case("adapter")
def refuse_adapter(place: Place) -> Found:
    """An adapter beside the base model is not used silently."""
    folder = place.copy_model("adapted")
    settings: Any = {"r": 2, "target_modules": ["lm_head"], "init_lora_weights": False}
    config = peft.LoraConfig(task_type="CAUSAL_LM", **settings)
    base = transformers.LlamaForCausalLM.from_pretrained(place.model)
    peft.get_peft_model(base, config).save_pretrained(folder)
    rows = [{"prompt": text, "response": f" {label}"} for text, label in place.rows]
    try:
        spec = place.spec(place.put_lines("prompts.jsonl", rows), str(folder), kind="causal_lm")
        names = dict(load_backbone(spec, 1, "cpu").model.named_parameters())
    except UserError as error:
        return error, "adapter_config" in str(error)
    return "loaded", not any("lora" in name for name in names)


@case("quantised")
def refuse_quantised(place: Place) -> Found:
    """A quantised checkpoint is refused with the right hint."""
    said = []
    for method in ("bitsandbytes", "gptq"):
        path = place.copy_model(f"quantised-{method}") / "config.json"
        how = {"quant_method": method, "bits": 4, "load_in_4bit": True}
        path.write_text(json.dumps({**json.loads(path.read_text()), "quantization_config": how}))
        try:
            load_backbone(place.spec(place.csv, str(path.parent)), 2, "cpu")
            said.append("loaded")
        except UserError as error:
            said.append(str(error))
    wrong = ("download the model again", "loaded")
    return said, not any(words in line for words in wrong for line in said)


@case("template")
def fetch_template(place: Place) -> Found:
    """A chat template is fetched from the hub."""
    files = ["config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"]
    wanted: Any = getattr(locations, "_WANTED")  # noqa: B009
    fetched = list(filter_repo_objects(files, allow_patterns=list(wanted)))
    return fetched, fetched == files


@case("all failed")
def fail_all(place: Place) -> Found:
    """A run whose trials all failed exits with 1."""
    broken = place.copy_model("infinite")
    model = transformers.LlamaForCausalLM.from_pretrained(place.model)
    with torch.no_grad():
        model.model.norm.weight.fill_(float("inf"))
    model.save_pretrained(broken)
    done = place.call("run", place.job("failed", place.csv, str(broken)), "--storage", "failed.db")
    said = last_line(done)
    return f"exit {done.returncode}, {said}", done.returncode == 1 and "ValueError" not in said


@case("password")
def hide_password(place: Place) -> Found:
    """No part of a password is printed, not even behind an @."""
    done = place.call("jobs", "--storage", "postgresql://u:corr@Horse99@127.0.0.1/none")
    return last_line(done), "Horse99" not in done.stderr + done.stdout


@case("slashes")
def tell_slashes(place: Place) -> Found:
    """Sqlite:// with two slashes is one clear line."""
    done = place.call("run", place.job("two", place.csv), "--storage", "sqlite://two.db")
    return last_line(done), done.returncode == 2 and "ArgumentError" not in done.stderr


@case("question")
def keep_question(place: Place) -> Found:
    """A path with a question mark is that file, or refused."""
    done = place.call("run", place.job("question", place.csv), "--storage", "runs?.db")
    made = sorted(path.name for path in place.folder.glob("runs*"))
    return (made, last_line(done)), "runs?.db" in made or (done.returncode == 2 and not made)


def refused(action: Callable[[], object], words: str) -> Found:
    """Whether an action is refused in these words."""
    try:
        return action(), False
    except UserError as error:
        return error, words in str(error)


def last_line(done: "subprocess.CompletedProcess[str]") -> str:
    """What a command said at last."""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1] if lines else ""


def main() -> int:
    """Run the cases; 1 if one is not as it should be."""
    chosen = sys.argv[1:] or list(CASES)
    right = True
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        for name in chosen:
            try:
                got, fits = CASES[name](place)
            except Exception as error:  # a crash is what the case is there to find
                got, fits = f"{type(error).__name__}: {error}", False
            words = str(CASES[name].__doc__)
            print(f"[{'ok  ' if fits else 'FAIL'}] {name}: {words} {str(got)[:200]}", flush=True)
            right = right and fits
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
