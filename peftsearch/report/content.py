"""All that a report says of a job, as plain data: a function of its records.

Texts hold no path and no user name of the machine, whatever the records do.
"""

from dataclasses import replace

from peftsearch import __version__
from peftsearch.insight.failures import failures
from peftsearch.insight.layers import layer_map
from peftsearch.insight.what_matters import rank_parameters
from peftsearch.records.estimates import Estimate
from peftsearch.records.trial import Trial, TrialState
from peftsearch.results.beliefs.slice_rows import Slice
from peftsearch.results.confirmations.tested_reports import tell_tested
from peftsearch.results.exports.job_texts import write_search, write_trial
from peftsearch.results.exports.public_names import find_places, name_paths, public_name
from peftsearch.results.exports.told_sources import tell_source
from peftsearch.results.picks.pick import empty_front
from peftsearch.results.picks.rules import ONE_SE, find_rule
from peftsearch.results.search_result import SearchResult
from peftsearch.results.standing.ablation_words import ablation_json
from peftsearch.results.standing.floor_words import show_standing, tell_apart
from peftsearch.search.belief import Belief
from peftsearch.spaces.kinds.kind_table import find_kind

from .citations import cite
from .fronts import describe_front, make_row
from .neighbours import find_neighbours
from .origins import find_origins
from .outline import Again, Chosen, Report, Written
from .records import Records
from .spent import find_spent
from .tested import Readings, count_readings, find_comparison
from .verdict import tell_swept, tell_verdict

_SLICES = 6
"""Of the largest effect; the dashboard has all."""


def make_report(records: Records, pick: str = ONE_SE) -> Report:
    """The report on what `pick` chooses.

    Args:
        pick: As `SearchResult.pick` takes it. Its rules choose nothing of an empty front.

    Raises:
        UserError: Nothing fits.
    """
    result = records.result
    spec, job = result.job.spec, result.job
    nothing = not result.front and find_rule(pick) is not None
    picked = None if nothing else result.pick(pick)
    found = None if picked is None else result.trained(picked)
    chosen = None if found is None else _describe(found, records)
    members = result.members
    readings = count_readings(
        None if found is None else found.configuration,
        records.comparisons,
        records.runs,
        spec,
        records.fronts,
    )
    report: Report = {
        "job": job.name,
        "version": __version__,
        "pick": pick,
        "verdict": _tell(pick, chosen, records, readings),
        "state": f"{result.state}: {result.summary}",
        "running": result.ending is None,
        "task": (
            f"{find_kind(spec.task.kind).title}; {public_name(spec.model.path)} on "
            f"{tell_source(spec.task.train)}"
        ),
        "quality": spec.task.quality,
        "cost": spec.objectives.cost,
        "warnings": result.warnings if found is None else result.warnings_beside(found),
        "notes": _note(result),
        "parent": result.circle.parent,
        "baselines": result.beside_data,
        "front": describe_front(
            members,
            records.everything,
            found,
            records.points,
            spec,
            result.preparation,
            result.notes,
            () if result.baselines is None else result.baselines.swept,
        ),
        "chosen": chosen,
        "written": _list_notes(result),
        "matters": rank_parameters(records.points, spec.task.quality),
        "failures": failures(records.points),
        "spent": find_spent(result),
        "origins": find_origins(
            job,
            result.trials,
            () if found is None else found.trials,
            None if found is None else result.confirmed.get(found.key),
        ),
        "readings": readings,
        "again": _again(picked, records),
        "citations": cite(() if found is None else found.configuration.techniques),
    }
    clean: Report = name_paths(report, find_places(spec, result.root))
    return clean


def _note(result: SearchResult) -> list[str]:
    preparation = result.preparation
    known = [] if preparation is None else list(preparation.notes)
    return [*known, *tell_apart(preparation, result.job.spec)]


def _list_notes(result: SearchResult) -> list[Written]:
    return [
        {"trial": x.trial, "name": x.name, "text": x.text} for _, x in sorted(result.notes.items())
    ]


def _describe(found: Estimate[Trial], records: Records) -> Chosen:
    result = records.result
    spec, keys = result.job.spec, [x.key for x in result.front]
    row = keys.index(found.key) + 1 if found.key in keys else None
    found = replace(found, expected=result.expected.get(found.key))
    standing = result.standing_of(found)
    tested = result.confirmed.get(found.key)
    return {
        **make_row(found, spec, result.notes, row),
        "map": layer_map(found.configuration, spec.anatomy),
        "floor": None if standing is None else show_standing(standing, spec),
        "slices": _slice(found, result.belief),
        "ablation": ablation_json(result.ablation(found.key), spec),
        "neighbours": find_neighbours(found, records.everything, spec),
        "comparison": find_comparison(found.configuration, records.comparisons, spec, tested),
        "tested": [] if tested is None else tell_tested(tested, spec),
    }


def _slice(found: Estimate[Trial], belief: Belief | None) -> list[Slice] | None:
    if belief is None:
        return None
    from peftsearch.results.beliefs.slices import slice_all

    return slice_all(belief, found.configuration)["slices"][:_SLICES]


def _tell(pick: str, chosen: Chosen | None, records: Records, readings: Readings) -> list[str]:
    result = records.result
    spec = result.job.spec
    swept = tell_swept(result.beside_data, chosen is not None)
    if chosen is None:
        told = "; ".join(x for x in (_tell_empty(records), swept) if x is not None)
        return [f"Nothing is picked: {told}."]
    floor = chosen["floor"]
    best = None if floor is None else (result.floors[0].label, floor)
    seen = result.confirmed.get(chosen["key"]), readings["others"]
    return tell_verdict(pick, chosen, best, *seen, spec, result.tried, swept)


def _tell_empty(records: Records) -> str:
    """Why there is nothing to choose from."""
    trials, spec = records.result.trials, records.result.job.spec
    if not trials:
        return "the job has no trial"
    if not records.everything:
        return "no trial has completed"
    return str(empty_front(records.everything, spec).got or "no trial keeps the job's limits")


def _again(found: Estimate[Trial] | None, records: Records) -> Again:
    spec = records.result.job.spec
    told = (x.provenance for x in records.result.trials if x.state is TrialState.COMPLETED)
    trial = None if found is None else found.best(spec.task.quality)
    return {
        "job": write_search(spec, next(told, {})),
        "probe": find_kind(spec.task.kind).baseline,
        "trial": None if trial is None else write_trial(spec, trial),
        "trial_seed": None if trial is None else trial.seed,
    }
