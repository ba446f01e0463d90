"""The baselines section of a job: what everybody would do in place of a search."""

from typing import Annotated

from pydantic import Field

from .section import Section

MOST_RATES = 9
MOST_RANK = 4096


class BaselinesSpec(Section):
    """What a search is held against by `peftsearch baselines`.

    Attributes:
        run: Whether who works on the job makes them once the search has ended; they take
            trainings beyond its budget.
        ranks: Of the sweep of LoRA; those that do not fit the model or the bounds are left out.
        rates: Learning rates that each of them is tried at.
        full: Whether full fine-tuning is among them, where it fits in memory.
        places: How often the chosen modules are put into layers that are drawn at random.
    """

    run: bool = False
    ranks: tuple[Annotated[int, Field(ge=1, le=MOST_RANK)], ...] = Field(
        (1, 2, 4, 8, 16, 32, 64), min_length=1
    )
    rates: int = Field(3, ge=1, le=MOST_RATES)
    full: bool = True
    places: int = Field(3, ge=0, le=20)
