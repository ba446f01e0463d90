import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import peft
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from peftsearch.spaces.anatomy import Anatomy
from peftsearch.spaces.configuration import Configuration, Module, Stratum
from peftsearch.spaces.cost import trainable_parameters
from peftsearch.spaces.families import read_anatomy
from peftsearch.spaces.fitting import misfit
from peftsearch.spaces.own_rows import OWN_ROWS
from peftsearch.workers.additions import Additions
from peftsearch.workers.bottlenecks import Product, Rules
from peftsearch.workers.prefixes import Prefix, attend

from .families import IMAGE_SIZE, build_model

MODELS = {
    "bert": "classification",
    "modernbert": "classification",
    "llama": "classification",
    "gpt2": "causal_lm",
    "t5": "seq2seq",
    "vit": "image_classification",
}
SIZE = 4
LENGTHS = (9, 5, 7)


@dataclass(frozen=True)
class Subject:
    """A tiny model, and a padded batch for it."""

    model: Any
    anatomy: Anatomy
    batch: dict[str, torch.Tensor]

    def predict(self) -> torch.Tensor:
        with torch.no_grad():
            logits: torch.Tensor = self.model(**self.batch).logits
        return logits

    def configure(self, *modules: Module, token: Module | None = None) -> Configuration:
        """The modules in the layers that can carry them, the lowest layer left out."""
        kept = tuple(
            layer
            for layer in range(1, self.anatomy.layers)
            if not any(_misfit(x.technique, self.anatomy, layer) for x in modules)
        )
        return Configuration((Stratum(0, self.anatomy.layers, modules, kept),), 1e-3, token)

    def only(self, technique: str) -> Configuration:
        module = Module(technique, SIZE)
        is_input = _ROWS[technique].input is not None
        return self.configure(token=module) if is_input else self.configure(module)


_ROWS = {row.name: row for row in OWN_ROWS}


def _misfit(technique: str, anatomy: Anatomy, layer: int) -> str | None:
    row = _ROWS.get(technique)
    return misfit(row, anatomy.locate(layer)[0], (), SIZE) if row else None


def _words(lengths: tuple[int, ...] = LENGTHS) -> dict[str, torch.Tensor]:
    ids = torch.randint(4, 32, (len(lengths), max(lengths)), generator=_generator())
    mask = (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]).long()
    return {"input_ids": ids * mask, "attention_mask": mask}


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def make_subject(family: str, kind: str, **changes: Any) -> Subject:
    padded = {"pad_token_id": 0} if family in ("llama", "gpt2", "mistral") else {}
    model = build_model(family, kind, **padded, **changes).eval().requires_grad_(False)
    batch = _words()
    if kind == "image_classification":
        shape = (3, 3, IMAGE_SIZE, IMAGE_SIZE)
        batch = {"pixel_values": torch.randn(shape, generator=_generator())}
    if kind == "seq2seq":
        batch["labels"] = batch["input_ids"]
    return Subject(model, read_anatomy(model.config.to_dict(), kind), batch)


@pytest.fixture(scope="module")
def subjects() -> Iterator[dict[str, Subject]]:
    """Shared; each test leaves them as it found them."""
    made = {family: make_subject(family, kind) for family, kind in MODELS.items()}
    before = {family: _trace(subject.model) for family, subject in made.items()}
    yield made
    assert {family: _trace(subject.model) for family, subject in made.items()} == before


@contextmanager
def added(subject: Subject, configuration: Configuration, seed: int = 0) -> Iterator[Additions]:
    additions = Additions.prepare(subject.model, subject.anatomy, configuration)
    try:
        additions.add(seed)
        yield additions
    finally:
        additions.remove()


def _trained(additions: Additions) -> dict[str, nn.Parameter]:
    return {k: v for group in additions.parameters().values() for k, v in group.items()}


def _shake(additions: Additions, scale: float = 0.3) -> dict[str, nn.Parameter]:
    """Move all parameters, as training would."""
    generator, parameters = _generator(1), _trained(additions)
    for parameter in parameters.values():
        parameter.data += scale * torch.randn(parameter.shape, generator=generator)
    return parameters


def _fits(family: str, technique: str) -> bool:
    return _ROWS[technique].input is None or family not in ("vit", "t5")


CASES = [(family, row.name) for family in MODELS for row in OWN_ROWS if _fits(family, row.name)]
each_case = pytest.mark.parametrize(("family", "technique"), CASES)


@each_case
def test_formula_equals_the_number_of_parameters(
    family: str, technique: str, subjects: dict[str, Subject]
) -> None:
    subject = subjects[family]
    configuration = subject.only(technique)
    with added(subject, configuration) as additions:
        parameters = _trained(additions)
        named = dict(subject.model.named_parameters())
    assert sum(x.numel() for x in parameters.values()) == trainable_parameters(
        configuration, subject.anatomy
    )
    assert all(named[name] is parameter for name, parameter in parameters.items())


@each_case
def test_gradient_reaches_every_parameter(
    family: str, technique: str, subjects: dict[str, Subject]
) -> None:
    subject = subjects[family]
    with added(subject, subject.only(technique)) as additions:
        parameters = _shake(additions)
        subject.model(**subject.batch).logits.square().mean().backward()
        dead = [k for k, v in parameters.items() if v.grad is None or not v.grad.any()]
    assert parameters
    assert not dead


@each_case
def test_saved_tensors_give_the_same_predictions(
    family: str, technique: str, subjects: dict[str, Subject]
) -> None:
    subject = subjects[family]
    before, configuration = subject.predict(), subject.only(technique)
    with added(subject, configuration) as additions:
        saved = {name: x.detach().clone() for name, x in _shake(additions).items()}
        expected = subject.predict()
    with added(subject, configuration, seed=9) as additions:
        parameters = _trained(additions)
        assert parameters.keys() == saved.keys()
        for name, parameter in parameters.items():
            parameter.data.copy_(saved[name])
        assert torch.equal(subject.predict(), expected)
    assert (expected - before).abs().max() > 1e-3


@each_case
def test_removal_leaves_no_trace(
    family: str, technique: str, subjects: dict[str, Subject]
) -> None:
    subject = subjects[family]
    before, prediction = _trace(subject.model), subject.predict()
    weights = {name: x.clone() for name, x in subject.model.state_dict().items()}
    with added(subject, subject.only(technique)) as additions:
        _shake(additions)
        assert _trace(subject.model) != before
        additions.remove()
        assert _trace(subject.model) == before
    assert _trace(subject.model) == before
    after = subject.model.state_dict()
    assert all(torch.equal(weights[name], after[name]) for name in weights | after)
    assert torch.equal(subject.predict(), prediction)


def _trace(model: Any) -> list[Any]:
    """Modules, their hooks and configs."""
    found: list[Any] = []
    for name, module in model.named_modules():
        hooks = {k: len(v) for k, v in vars(module).items() if k.endswith(("_hooks", "_kwargs"))}
        config = dict(vars(module.config)) if hasattr(module, "config") else None
        found.append((name, type(module), list(vars(module)), hooks, config))
    return found


def test_an_error_half_way_leaves_no_trace(
    subjects: dict[str, Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = subjects["llama"]
    before = _trace(subject.model)
    modules = (Module("parallel", SIZE), Module("prefix", SIZE), Module("serial", SIZE))
    configuration = subject.configure(*modules, token=Module("prompt", SIZE))
    monkeypatch.setattr(subject.model, "get_input_embeddings", lambda: None)
    with pytest.raises(AttributeError), added(subject, configuration):
        raise AssertionError
    monkeypatch.undo()
    assert _trace(subject.model) == before


@pytest.mark.parametrize("technique", ["serial", "houlsby", "parallel", "compacter"])
@pytest.mark.parametrize("family", MODELS)
def test_bottlenecks_start_without_effect(
    family: str, technique: str, subjects: dict[str, Subject]
) -> None:
    subject = subjects[family]
    before = subject.predict()
    with added(subject, subject.only(technique)):
        assert torch.equal(subject.predict(), before)


@pytest.mark.parametrize("technique", list(_ROWS))
def test_initial_values_depend_on_the_seed_alone(
    technique: str, subjects: dict[str, Subject]
) -> None:
    subject, drawn = subjects["bert"], []
    for state, seed in enumerate((5, 5, 6)):
        torch.manual_seed(state)
        before = torch.get_rng_state()
        with added(subject, subject.only(technique), seed) as additions:
            drawn.append(torch.cat([x.flatten() for x in _trained(additions).values()]))
        assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_modules_of_several_rates_are_kept_apart(subjects: dict[str, Subject]) -> None:
    modules = (Module("compacter", SIZE), Module("compacter", SIZE, rate=3.0))
    strata = (Stratum(0, 2, modules[:1]), Stratum(2, 3, modules[1:]))
    configuration, subject = Configuration(strata, 1e-3), subjects["bert"]
    with added(subject, configuration) as additions:
        groups = additions.parameters()
        count = sum(x.numel() for group in groups.values() for x in group.values())
    assert count == trainable_parameters(configuration, subject.anatomy)
    shared = {owner: [x for x in group if "rules" in x] for owner, group in groups.items()}
    assert shared == {
        ("compacter", 1.0): ["product_rules_0.weight"],
        ("compacter", 3.0): ["product_rules_1.weight"],
    }


def test_product_is_a_sum_of_kronecker_products() -> None:
    rules = Rules(4, _generator()).weight
    product = Product(12, 8, rules, _generator())
    x = torch.randn(5, 12, generator=_generator())
    summands = [
        torch.kron(rules[i], torch.outer(product.left[i], product.right[i])) for i in range(4)
    ]
    expected = x @ torch.stack(summands).sum(0) + product.bias
    assert torch.allclose(product(x), expected, atol=1e-6)
    assert product.left.shape == (4, 3)


def test_modules_of_one_layer_act_in_order_around_injected_ones() -> None:
    subject = make_subject("bert", "classification")
    config = peft.LoraConfig(r=2, target_modules=r".*\.1\..*(query|output\.dense)")
    peft.inject_adapter_in_model(config, subject.model)
    modules = [Module(name, SIZE) for name in ("parallel", "prefix", "serial")]
    seen: dict[str, Any] = {}
    layer = subject.model.get_submodule("bert.encoder.layer.1")
    wrapped = layer.output.dense
    wrapped.register_forward_hook(lambda _, x, output: seen.update(lora=output))
    with added(subject, subject.configure(*modules)) as additions:
        parameters = _shake(additions)
        parameters |= {k: v for k, v in subject.model.named_parameters() if "lora_" in k}
        for name, parameter in parameters.items():
            parameter.requires_grad_()
            if "lora_" in name:
                parameter.data += 0.1
        layer.intermediate.register_forward_pre_hook(lambda _, x: seen.update(entry=x[0]))
        layer.output.dense.register_forward_hook(lambda _, x, output: seen.update(all=output))
        subject.model(**subject.batch).logits.square().mean().backward()
        after_serial = seen["lora"] + layer.serial(seen["lora"])
        expected = after_serial + layer.parallel(seen["entry"])
        assert torch.allclose(seen["all"], expected, atol=1e-6)
        inner = layer.parallel
        scaled = 4 * inner.up(nn.functional.gelu(inner.down(seen["entry"])))
        assert torch.allclose(inner(seen["entry"]), scaled)
        assert all(x.grad is not None and x.grad.any() for x in parameters.values())


@settings(max_examples=60, deadline=None)
@given(
    groups=st.sampled_from([1, 2]),
    mask=st.sampled_from(["none", "bool", "float"]),
    causal=st.sampled_from([True, False, None]),
    flag=st.booleans(),
    queries=st.sampled_from([1, 5]),
    biased=st.booleans(),
)
def test_prefix_is_one_softmax_over_virtual_and_real_keys(
    groups: int, mask: str, causal: bool | None, flag: bool, queries: int, biased: bool
) -> None:
    module: Any = nn.Module()
    draw = _generator(3)
    module.prefix = Prefix(2, (12, 12), draw)
    module.num_key_value_groups, module.is_causal = groups, flag
    for parameter in module.parameters():
        parameter.data.mul_(50)
    query = torch.randn(3, 2 * groups, queries, 6, generator=draw)
    key, value = torch.randn(2, 3, 2, 5, 6, generator=draw)
    allowed = torch.rand(3, 1, queries, 5, generator=draw) > 0.4
    given: torch.Tensor | None = allowed
    if mask == "float":
        given = torch.zeros(allowed.shape).masked_fill(~allowed, torch.finfo().min)
    if mask == "none":
        allowed, given = torch.ones(1, 1, queries, 5, dtype=torch.bool), None
        if (flag if causal is None else causal) and queries > 1:
            allowed = allowed.tril()
    bias = torch.randn(1, 2 * groups, queries, 5, generator=draw)
    options: dict[str, Any] = {"position_bias": bias} if biased else {}
    result, _ = attend(module, query, key, value, given, scaling=0.7, is_causal=causal, **options)
    expected = _explicit(module.prefix, query, key, value, allowed, 0.7, bias if biased else 0.0)
    assert torch.allclose(result, expected, atol=1e-5)


def _explicit(
    prefix: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    allowed: torch.Tensor,
    scaling: float,
    bias: torch.Tensor | float = 0.0,
    softcap: float | None = None,
) -> torch.Tensor:
    """Softmax over the scores of real and virtual keys, head by head."""
    groups, width = query.shape[1] // key.shape[1], key.shape[3]
    heads = []
    for head in range(query.shape[1]):
        own = slice(head // groups * width, (head // groups + 1) * width)
        virtual_key, virtual_value = prefix.key[:, own], prefix.value[:, own]
        real = query[:, head] @ key[:, head // groups].mT * scaling
        virtual = query[:, head] @ virtual_key.T * scaling
        if softcap is not None:
            real, virtual = (softcap * torch.tanh(x / softcap) for x in (real, virtual))
        real = real + (bias if isinstance(bias, float) else bias[:, head])
        hidden = ~allowed[:, 0].expand_as(real)
        scores = torch.cat([virtual, real.masked_fill(hidden, -1e30)], -1)
        values = torch.cat([virtual_value.expand(len(query), -1, -1), value[:, head // groups]], 1)
        heads.append(scores.softmax(-1) @ values)
    return torch.stack(heads, 2)


@pytest.mark.parametrize(
    ("family", "changes", "window"),
    [
        ("bert", {}, None),
        ("llama", {}, None),
        ("mistral", {"sliding_window": 3}, 3),
        ("gemma2", {"attn_logit_softcapping": 1.5, "sliding_window": 64}, None),
    ],
)
def test_model_with_prefixes_attends_as_written_out(
    family: str, changes: dict[str, Any], window: int | None
) -> None:
    subject = make_subject(family, "classification", **changes)
    real = subject.batch["attention_mask"][:, None, None].bool()
    order = torch.arange(real.shape[-1])
    near = order[:, None] - order
    if subject.anatomy.causal:
        real = real & (near >= 0) & (near < (window or len(order)))

    def explicit(module: Any, query: Any, key: Any, value: Any, mask: Any, **options: Any) -> Any:
        width = key.shape[1] * key.shape[3]
        prefix = getattr(module, "prefix", None) or Prefix(0, (width, width), _generator())
        scaling, softcap = options["scaling"], options.get("softcap")
        return _explicit(prefix, query, key, value, real, scaling, softcap=softcap), None

    with added(subject, subject.only("prefix")) as additions:
        _shake(additions, 1.0)
        found = subject.predict()
        ALL_ATTENTION_FUNCTIONS.register("explicit", explicit)
        ALL_MASK_ATTENTION_FUNCTIONS.register("explicit", lambda **_: None)
        subject.model.config._attn_implementation = "explicit"
        expected = subject.predict()
        subject.model.config._attn_implementation = "peftsearch_prefix"
    assert torch.allclose(found, expected, atol=1e-5)


def test_prefix_stands_beside_a_relative_position_bias(subjects: dict[str, Subject]) -> None:
    subject = subjects["t5"]
    with added(subject, subject.only("prefix")) as additions:
        parameters = _shake(additions)
        subject.model(**subject.batch).logits.square().mean().backward()
        short = {name: x[1:2, : LENGTHS[1]] for name, x in subject.batch.items()}
        with torch.no_grad():
            alone = subject.model(**short).logits[0]
        padded = subject.predict()[1, : LENGTHS[1]]
    assert len(parameters) == 2 * (subject.anatomy.layers - 1)
    assert all(x.grad is not None and x.grad.any() for x in parameters.values())
    assert torch.allclose(padded, alone, atol=1e-5)


@pytest.mark.parametrize("technique", ["prefix", "prompt", "p_tuning"])
@pytest.mark.parametrize(
    ("family", "kind"),
    [
        ("bert", "classification"),
        ("roberta", "classification"),
        ("distilbert", "classification"),
        ("modernbert", "classification"),
        ("llama", "classification"),
        ("gemma3_text", "classification"),
        ("llama", "causal_lm"),
        ("gpt2", "causal_lm"),
    ],
)
def test_predictions_of_a_row_do_not_depend_on_padding(
    family: str, kind: str, technique: str
) -> None:
    subject = make_subject(family, kind)
    ids, mask = subject.batch.values()
    with added(subject, subject.only(technique)) as additions, torch.no_grad():
        _shake(additions)
        padded = subject.model(**subject.batch).logits
        for row, length in enumerate(LENGTHS):
            alone = subject.model(input_ids=ids[row : row + 1, :length]).logits[0]
            logits = padded[row, :length] if kind == "causal_lm" else padded[row]
            assert torch.allclose(logits, alone, atol=1e-5)
            if subject.anatomy.causal:
                shift = ids.shape[1] - length
                moved = {
                    "input_ids": ids[row].roll(shift),
                    "attention_mask": mask[row].roll(shift),
                }
                left = subject.model(**{k: v[None] for k, v in moved.items()}).logits[0]
                logits = left[shift:] if kind == "causal_lm" else left
                assert torch.allclose(logits, alone, atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "roberta", "electra"])
def test_encoder_reads_virtual_tokens_after_its_first_and_words_keep_their_positions(
    family: str,
) -> None:
    subject = make_subject(family, "classification")
    states: list[torch.Tensor] = []
    handle = subject.model.base_model.embeddings.register_forward_hook(
        lambda _, x, output: states.append(output)
    )
    short = {name: x[:, :5] for name, x in subject.batch.items()}
    with torch.no_grad():
        subject.model(**short)
        with added(subject, subject.only("prompt")):
            subject.model(**short)
    handle.remove()
    without, with_tokens = states
    assert with_tokens.shape[1] == 5 + SIZE
    assert torch.allclose(with_tokens[:, 0], without[:, 0], atol=1e-6)
    assert torch.allclose(with_tokens[:, 1 + SIZE :], without[:, 1:], atol=1e-6)


def test_texts_may_stay_as_long_as_the_position_table(subjects: dict[str, Subject]) -> None:
    subject = subjects["bert"]
    with added(subject, subject.only("prompt")), torch.no_grad():
        logits = subject.model(**_words((64,))).logits
    assert logits.isfinite().all()


def test_virtual_tokens_serve_each_choice_of_a_question() -> None:
    subject = make_subject("bert", "multiple_choice")
    choices = {name: x[None] for name, x in subject.batch.items()}
    with added(subject, subject.only("prompt")) as additions, torch.no_grad():
        _shake(additions)
        together = subject.model(**choices).logits[0]
        alone = [
            subject.model(**{name: x[:, i : i + 1] for name, x in choices.items()}).logits[0, 0]
            for i in range(3)
        ]
    assert torch.allclose(together, torch.stack(alone), atol=1e-5)


def test_loss_of_a_language_model_counts_no_virtual_token(subjects: dict[str, Subject]) -> None:
    subject = subjects["gpt2"]
    labels = subject.batch["input_ids"].masked_fill(subject.batch["attention_mask"] == 0, -100)
    with added(subject, subject.only("prompt")), torch.no_grad():
        output = subject.model(**subject.batch, labels=labels)
    expected = nn.functional.cross_entropy(
        output.logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten()
    )
    assert output.logits.shape[:2] == labels.shape
    assert torch.allclose(output.loss, expected)


@pytest.mark.parametrize("technique", ["serial", "parallel", "prefix", "prompt", "p_tuning"])
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_generation_with_a_cache_says_what_it_says_without(family: str, technique: str) -> None:
    subject = make_subject(family, "causal_lm")
    left = {
        name: torch.stack([x.roll(9 - n) for x, n in zip(rows, LENGTHS, strict=True)])
        for name, rows in subject.batch.items()
    }
    with added(subject, subject.only(technique)) as additions:
        _shake(additions)
        cached = _generate(subject.model, **left)
        plain = _generate(subject.model, **left, use_cache=False)
        alone = _generate(subject.model, input_ids=left["input_ids"][1:2, 4:])
    assert torch.allclose(cached, plain, atol=1e-4)
    assert torch.allclose(cached[:, 1:2], alone, atol=1e-4)


def _generate(model: Any, **inputs: Any) -> torch.Tensor:
    """Logits of 6 greedy steps, `6 x b x vocabulary`."""
    options = {"max_new_tokens": 6, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    options |= {"output_logits": True, "return_dict_in_generate": True}
    return torch.stack(model.generate(**inputs, **options).logits)


@pytest.mark.parametrize("technique", list(_ROWS))
def test_mixed_precision_trains_every_parameter(
    technique: str, subjects: dict[str, Subject]
) -> None:
    subject = subjects["llama"]
    with added(subject, subject.only(technique)) as additions:
        parameters = _shake(additions)
        with torch.autocast("cpu", torch.bfloat16):
            logits = subject.model(**subject.batch).logits
        logits.float().square().mean().backward()
        grads = [x.grad for x in parameters.values()]
    assert all(x is not None and x.isfinite().all() and x.any() for x in grads)


def test_additions_take_the_dtype_of_the_model() -> None:
    subject = make_subject("llama", "classification")
    subject.model.to(torch.bfloat16)
    modules = [Module(name, SIZE) for name in ("compacter", "parallel", "prefix", "serial")]
    configuration = subject.configure(*modules, token=Module("p_tuning", SIZE))
    with added(subject, configuration) as additions:
        assert {x.dtype for x in _trained(additions).values()} == {torch.bfloat16}
        assert subject.predict().isfinite().all()


def test_a_forward_pass_that_fails_keeps_no_activations(subjects: dict[str, Subject]) -> None:
    subject, kept = subjects["bert"], []
    layer = subject.model.get_submodule("bert.encoder.layer.1")

    def fail(*_: Any) -> None:
        raise RuntimeError("out of memory")

    with added(subject, subject.only("parallel")):
        layer.parallel.register_forward_hook(lambda _, x, y: kept.append(weakref.ref(y)))
        subject.predict()
        handle = layer.intermediate.register_forward_hook(fail)
        with pytest.raises(RuntimeError, match="out of memory"):
            subject.predict()
        handle.remove()
        gc.collect()
        assert [ref() for ref in kept] == [None, None]
