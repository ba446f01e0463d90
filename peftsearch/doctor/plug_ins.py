"""What other installed packages add to each of our tables, and what of it is of no use."""

from collections.abc import Callable, Container, Iterator

from peftsearch.errors import UserError
from peftsearch.extensions import load, mistakes, names, providers
from peftsearch.spaces.jobspec.objectives import OBJECTIVES
from peftsearch.spaces.jobspec.qualities import check_qualities
from peftsearch.spaces.jobspec.sampler_names import COMPARED, ENGINE, GROUP, LONGEST
from peftsearch.spaces.jobspec.tracker_names import CLIENTS
from peftsearch.spaces.jobspec.tracker_names import GROUP as TRACKERS
from peftsearch.spaces.kinds.kind_table import KINDS
from peftsearch.spaces.techniques.table import TECHNIQUES
from peftsearch.workers.adapters.row_functions import check_functions
from peftsearch.workers.kinds.work import Work

from .finding import Finding, failure, fine


def examine_plug_ins() -> Iterator[Finding]:
    """A line for each group of entry points and one for each name that cannot be used. It imports
    what they lead to."""
    yield from _examine(TECHNIQUES.group, TECHNIQUES.own, _find_technique)
    yield from _examine(KINDS.group, KINDS.own, _find_kind)
    yield from _examine(OBJECTIVES.group, OBJECTIVES.own, OBJECTIVES.__getitem__)
    yield from _examine(GROUP, (ENGINE, *COMPARED), _find_sampler)
    yield from _examine(TRACKERS, CLIENTS, lambda name: load(TRACKERS, name))


def _find_technique(name: str) -> object:
    check_functions([name])
    return TECHNIQUES[name]


def _find_kind(name: str) -> object:
    check_qualities(KINDS[name])
    work = KINDS[name].load_work()
    for part in vars(Work):
        if not part.startswith("_"):
            getattr(work, part)
    return work


def _examine(group: str, own: Container[str], find: Callable[[str], object]) -> Iterator[Finding]:
    subject, wrong = group.removeprefix("peftsearch."), dict(mistakes(group, own, find))
    added = [f"{x} of {providers(group, x)}" for x in names(group) if x not in wrong]
    yield fine(subject, f"from other packages: {', '.join(added) or 'none'}")
    for mistake in wrong.values():
        yield failure(subject, str(mistake))


def _find_sampler(name: str) -> object:
    if len(name) > LONGEST:
        expected, got = f"a name of at most {LONGEST} characters ({GROUP})", repr(name)
        raise UserError(expected, f"{got} of {providers(GROUP, name)}", "rename it")
    return load(GROUP, name)
