"""What prompts of a text read of it, and where they start."""

from pathlib import Path

import pytest
import torch

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.families.family import FAMILIES
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.text_reading import check_reading
from peftsearch.spaces.techniques.coverage import usual_anatomy
from peftsearch.spaces.techniques.prompt_formulas import POSITIONS, lopa, shift_rank
from peftsearch.spaces.techniques.table import NOMINAL_RATE, TECHNIQUES
from peftsearch.workers.adapters.additions import Additions
from peftsearch.workers.adapters.parameter_groups import group_parameters
from peftsearch.workers.adapters.summaries import Rational
from peftsearch.workers.adapters.text_prompts import ContextPrompt, ShiftingPrompt, TextPrompt
from tests.workers.families import save_model
from tests.workers.subjects import added, make_generator, make_subject, shake, trained
from tests.workers.tiny import complete, spec_on

WORDS = torch.nn.Embedding(40, 24, _weight=torch.randn(40, 24, generator=make_generator(5)))
READING = ("lopa", "iapt")


def test_sizes_are_those_of_the_papers() -> None:
    """DePT's division of 100 tokens of T5-base; LOPA's formula at our two constants."""
    assert shift_rank(768, 40) == 45
    count = TECHNIQUES["dept"].input
    assert count is not None and count(768, 40) == 100 * 768
    assert lopa(1024, 10) == 2 * (1024 * 64 + 64) + 65 * 2 * (10 + 1024) + 10 * 1024


def test_two_texts_have_two_prompts_and_padding_is_not_read() -> None:
    prompt = TextPrompt(3, WORDS, make_generator())
    prompt.left.up.weight.data *= 30
    text = torch.randn(2, 6, 24, generator=make_generator(1))
    mask = torch.tensor([[1] * 6, [1] * 4 + [0] * 2])
    made = prompt(text, mask)
    assert made.shape == (2, 3, 24)
    assert not torch.allclose(made[0], made[1])
    text[1, 4:] = 7.0
    assert torch.equal(prompt(text, mask), made)


def test_shifts_begin_as_nothing_and_end_where_the_table_does() -> None:
    prompt = ShiftingPrompt(4, WORDS, make_generator())
    places = torch.tensor([[0, 1, POSITIONS - 1, POSITIONS, POSITIONS + 9]])
    assert not prompt.shift_words(places).any()
    prompt.directions.data.fill_(1.0)
    shifts = prompt.shift_words(places)[0]
    assert torch.allclose(shifts[1], (prompt.positions @ prompt.directions)[1])
    assert shifts[:3].any(1).all() and not shifts[3:].any()


def test_words_of_training_rows_start_a_context_and_stay_near() -> None:
    subject = make_subject("bert", "classification")
    tokens = Configuration((Stratum(0, subject.anatomy.layers),), 1e-3, Module("cpt", 30))
    additions = Additions.prepare(subject.model, subject.anatomy, tokens)

    def calibrate() -> None:
        subject.model(**subject.batch).logits.sum().backward()

    additions.add(0, calibrate)
    (prompt,) = (child for _, _, child in additions.changes.children)
    assert isinstance(prompt, ContextPrompt) and prompt.shift.grad is None
    ids, mask = subject.batch.values()
    rows = {tuple(row[seen.bool()].tolist()) for row, seen in zip(ids, mask, strict=True)}
    found = prompt.ids.tolist()
    assert any(tuple(found[: len(row)]) == row for row in rows)
    assert set(found) == {x for row in rows for x in row}
    words = subject.model.get_input_embeddings()(prompt.ids)
    assert torch.equal(prompt(), words)
    shake(additions)
    lengths = (prompt() - words).norm(dim=1)
    assert torch.allclose(lengths, torch.full_like(lengths, prompt.radius), rtol=1e-4)
    additions.remove()


def test_a_row_may_have_two_rates() -> None:
    subject = make_subject("bert", "classification")
    row = TECHNIQUES["dept"]
    with added(subject, subject.only("dept")) as additions:
        groups = group_parameters(additions.parameters(), 2 * NOMINAL_RATE)
        named = trained(additions)
        found = {
            name.rpartition(".")[2]: group["lr"]
            for name, parameter in named.items()
            for group in groups
            if any(x is parameter for x in group["params"])
        }
    assert found == pytest.approx({"weight": 2 * row.rate, "positions": 2e-3, "directions": 2e-3})


def test_the_activation_function_starts_as_gelu() -> None:
    x = torch.linspace(-4, 4, 99)
    assert (Rational()(x) - torch.nn.functional.gelu(x)).abs().max() < 0.002


@pytest.mark.parametrize("name", ["iapt", "apt"])
def test_what_acts_in_layers_acts_beside_a_prefix_and_virtual_tokens(name: str) -> None:
    subject = make_subject("bert", "classification")
    ids, _ = subject.batch.values()
    modules = (Module("prefix", 2), Module(name, 4))
    both = subject.configure(*modules, token=Module("prompt", 3))
    with added(subject, both) as additions, torch.no_grad():
        shake(additions)
        padded = subject.model(**subject.batch).logits[1]
        alone = subject.model(input_ids=ids[1:2, :5]).logits[0]
    assert torch.allclose(padded, alone, atol=1e-5)


@pytest.mark.parametrize("name", READING)
def test_a_model_that_predicts_a_text_is_not_told_it(name: str) -> None:
    llama = usual_anatomy("llama")
    assert "causal_lm" in FAMILIES["llama"].kinds
    check_reading([name], llama, "classification")
    check_reading([name], usual_anatomy("t5"), "seq2seq")
    with pytest.raises(UserError, match=f"that is to be predicted; got {name}"):
        check_reading(["lora", name], llama, "causal_lm")


def test_the_others_are_for_language_models_too() -> None:
    check_reading(TECHNIQUES.keys() - set(READING), usual_anatomy("llama"), "causal_lm")


@pytest.mark.parametrize(
    "section", [{"inputs": ["none", "lopa"]}, {"bundles": ["iapt", "frozen"]}]
)
def test_a_job_says_so_before_it_trains(section: dict[str, list[str]], tmp_path: Path) -> None:
    folder = tmp_path / "gpt2"
    save_model(folder, "gpt2", kind="causal_lm")
    task = {"train": "unused.jsonl", "kind": "causal_lm", "max_length": 32}
    spec = complete(spec_on(folder, task=task, space=section))
    with pytest.raises(UserError, match="do not read the text that is to be predicted"):
        make_space(spec)


@pytest.mark.parametrize(
    ("name", "needs"),
    [("lopa", "nothing"), ("prompt", "nothing"), ("lora", "merged weights"), ("iapt", "adapter")],
)
def test_a_row_says_what_a_server_must_hold(name: str, needs: str) -> None:
    assert TECHNIQUES[name].on_server == needs
