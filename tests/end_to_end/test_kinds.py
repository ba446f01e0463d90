"""Whole jobs of other kinds than classification by text, and with modules of our own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.waiting import LIMIT
from tests.workers.families import IMAGE_SIZE, save_model

from .programs import call, environment, load_and_score, loading_program, read

ANSWER = """
import json, sys
from transformers import AutoModelForCausalLM, AutoTokenizer
from peft import PeftModel
path, adapter = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(path)
model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(path), adapter).eval()
answers = []
for prompt in ("a film", "a plot"):
    ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
    found = model.generate(input_ids=ids, max_new_tokens=1, do_sample=False)
    answers.append(tokenizer.decode(found[0, ids.shape[1] :]).strip())
print(json.dumps(answers))
"""
SHADES = """
import json, sys
import torch
from PIL import Image
from transformers import AutoImageProcessor
path, *pictures = sys.argv[1:]
model.eval()
images = [Image.open(picture).convert("RGB") for picture in pictures]
pixels = AutoImageProcessor.from_pretrained(path, backend="pil")(images, return_tensors="pt")
with torch.no_grad():
    best = model(**pixels).logits.argmax(1).tolist()
print(json.dumps([model.config.id2label[i] for i in best]))
"""


def run_alone(program: str, *arguments: Path) -> Any:
    """Its JSON, from a process that knows nothing of this one."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, check=False, timeout=LIMIT
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def write_job(folder: Path, text: str) -> None:
    (folder / "job.toml").write_text(text, encoding="utf-8")


def test_several_modules_in_one_layer_are_searched_exported_and_loaded(
    workshop: Path, tmp_path: Path
) -> None:
    """AutoPEFT's grid with fewer sizes, beside virtual tokens."""
    write_job(
        tmp_path,
        f"""
name = "autopeft"
[model]
path = "{workshop}/model"
[task]
train = "{workshop}/data.csv"
max_length = 16
[training]
epochs = 2
[space]
preset = "autopeft"
inputs = ["none", "prompt"]
learning_rates = [3e-3, 1e-2]
capacities = {{ serial = [0, 2, 8], parallel = [0, 2, 8], prefix = [0, 1, 4], prompt = [2] }}
[budget]
trials = 4
[[try]]
learning_rate = 1e-2
strata = [{{ start = 0.0, stop = 1.0, modules = [
  {{ technique = "serial", capacity = 8 }},
  {{ technique = "parallel", capacity = 8 }},
  {{ technique = "prefix", capacity = 4 }},
] }}]
""",
    )
    assert call("run", "job.toml", folder=tmp_path).returncode == 0
    found = read("show", "autopeft", folder=tmp_path)["trials"]
    adapted = [x["measurements"] for x in found if x["measurements"]["trainable_parameters"] > 0]
    assert len(adapted) == 3
    pick = ("--pick", "accuracy where trainable_parameters >= 1")
    report = read("export", "autopeft", *pick, "--out", "best", folder=tmp_path)
    assert report["form"] == "adapter"
    scored = load_and_score(workshop, tmp_path / "best")
    assert scored == pytest.approx(max(x["accuracy"] for x in adapted), abs=0.15)
    merged = call("export", "autopeft", *pick, "--out", "m", "--form", "merged", folder=tmp_path)
    assert merged.returncode == 2
    assert "techniques that merge into the model" in merged.stderr
    assert not (tmp_path / "m").exists()


def test_a_language_model_learns_to_answer(tmp_path: Path) -> None:
    """By its loss, which is minimised."""
    save_model(tmp_path / "model", "llama", kind="causal_lm")
    pairs = [("a film", " good"), ("a plot", " bad")]
    rows = [
        {"prompt": "very " * (i // 2 % 9) + p, "response": r} for i in range(40) for p, r in pairs
    ]
    lines = "\n".join(json.dumps(row) for row in rows)
    (tmp_path / "data.jsonl").write_text(lines, encoding="utf-8")
    write_job(
        tmp_path,
        """
name = "answers"
[model]
path = "model"
[task]
kind = "causal_lm"
train = "data.jsonl"
max_length = 16
[training]
epochs = 6
batch_size = 8
[space]
preset = "lora"
roles = ["all"]
ranks = [8, 16]
learning_rates = [1e-2, 2e-2]
[budget]
trials = 3
""",
    )
    found = read("run", "job.toml", "--picture", "front.png", folder=tmp_path)
    losses = [row["values"]["loss"] for row in found["front"]]
    assert (tmp_path / "front.png").stat().st_size > 10_000
    assert losses == sorted(losses, reverse=True) and losses[-1] < 1.5 < losses[0]
    report = read("export", "answers", "--pick", "best", "--out", "best", folder=tmp_path)
    assert report["form"] == "peft"
    assert run_alone(ANSWER, tmp_path / "model", tmp_path / "best") == ["good", "bad"]


def test_images_in_a_folder_per_class(tmp_path: Path) -> None:
    save_model(tmp_path / "model", "vit", kind="image_classification")
    rng = np.random.default_rng(0)
    for name, shade in (("dark", 40), ("light", 210)):
        (tmp_path / "images" / name).mkdir(parents=True)
        for i in range(40):
            pixels = rng.integers(shade - 40, shade + 40, (IMAGE_SIZE, IMAGE_SIZE, 3))
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "images" / name / f"{i}.png")
    write_job(
        tmp_path,
        """
name = "shades"
[model]
path = "model"
[task]
kind = "image_classification"
train = "images"
[training]
epochs = 3
[space]
bundles = ["frozen", "lora", "ln_tuning"]
[budget]
trials = 3
""",
    )
    found = read("run", "job.toml", folder=tmp_path)
    assert max(row["values"]["accuracy"] for row in found["front"]) > 0.9
    report = read(
        "export", "shades", "--pick", "best", "--out", "m", "--form", "merged", folder=tmp_path
    )
    assert report["form"] == "merged"
    pictures = [tmp_path / "images" / name / "0.png" for name in ("dark", "light")]
    program = loading_program(tmp_path / "m", tmp_path / "model") + SHADES
    assert run_alone(program, tmp_path / "model", *pictures) == ["dark", "light"]
