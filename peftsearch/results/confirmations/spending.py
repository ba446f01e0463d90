"""Readings of one test split, and how sure each may claim to be."""

from collections.abc import Sequence

from peftsearch.records.job import Job
from peftsearch.records.reading import Reading
from peftsearch.results.wording import plural

ERROR = 0.05
"""Chance with which an interval of the first reading fails; all later ones share as much."""
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def spend(number: int) -> float:
    """Chance with which an interval of the `number`-th reading may fail: 5 % of the first, and
    5 % / (k (k - 1)) of the k-th, which sum to 5 % over all that come after the first."""
    return ERROR if number == 1 else ERROR / (number * (number - 1))


def level_of(reading: Reading | None) -> float:
    """Chance with which its intervals hold; that of a first one where nothing is known."""
    return 1 - spend(1 if reading is None else reading.number)


def foresee_reading(known: Sequence[Reading], job: Job, data: str, subject: str) -> Reading:
    """The entry that a reading is going to have: its own where it has begun before, else the next
    one.

    Args:
        known: All readings of the same rows.
    """
    own = [x for x in known if (x.job_uid, x.subject) == (job.uid, subject)]
    return (*own, Reading(data, len(known) + 1, job.uid, job.name, subject, 0.0))[0]


def percent(level: float) -> str:
    """`95 %`, `97.5 %`, `99.17 %`."""
    return f"{100 * level:.4g} %"


def ordinal(number: int) -> str:
    """`first`, `tenth`, `11th`, `22nd`."""
    if number <= len(_ORDINALS):
        return _ORDINALS[number - 1]
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else _ENDINGS.get(number % 10, 'th')}"


def tell_reading(
    reading: Reading, earlier: Sequence[Reading], what: str = "this test split"
) -> str:
    """Which reading of its test split a confirmation is, and what follows.

    Args:
        earlier: Those before it.
        what: Was read.
    """
    told = f"{ordinal(reading.number)} reading of {what}"
    if not earlier:
        return f"{told}; intervals hold at {percent(level_of(reading))}"
    jobs = ", ".join(dict.fromkeys(x.job for x in earlier))
    return (
        f"{told}, after {plural(len(earlier), 'reading')} by {jobs}; intervals hold at "
        f"{percent(level_of(reading))}, so that all after the first err in 5 % together"
    )
