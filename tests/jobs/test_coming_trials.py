"""What is said of trials before there is a result."""

import pytest

from peftsearch.jobs.coming_trials import foresee_coming, note_head
from peftsearch.spaces.jobspec.head import suppose_head
from peftsearch.spaces.space.presets import make_space
from tests.search.jobs import lora
from tests.specs import make_spec


@pytest.mark.parametrize(
    ("bound", "pooling", "counted"),
    [
        ("size <= 1 MB", "auto", ["export_bytes"]),
        ("size <= 1 MB", "mean", []),
        ("trainable_parameters <= 10000", "auto", []),
    ],
)
def test_a_bound_that_counts_a_head_which_is_not_known_yet_is_told(
    bound: str, pooling: str, counted: list[str]
) -> None:
    spec = make_spec(objectives={"bounds": [bound]}, head={"pooling": pooling})
    spec = spec.with_anatomy(suppose_head(spec.head, spec.task.kind, 2, spec.anatomy))
    notes = note_head(spec, make_space(spec), [lora(4)])
    assert len(notes) == len(counted)
    assert all(name in note for name, note in zip(counted, notes, strict=True))


def test_what_comes_is_as_much_as_the_budget_has() -> None:
    spec = make_spec(trials=5)
    first = [lora(1), lora(2)]
    coming = foresee_coming(spec, make_space(spec), first)
    assert coming[:2] == first and len(coming) == 5
