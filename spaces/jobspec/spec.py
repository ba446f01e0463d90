"""The job spec: one search, complete and checked on construction, JSON both ways.

The service reads it from TOML (`peftsearch.jobs.jobfile`); the store keeps it as JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.written import read_written
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.anatomy_sizes import check_sizes
from peftsearch.spaces.kinds.kind_table import find_kind

from .artefacts_url import ArtefactsUrl, check_url, resolve_url
from .baselines_section import BaselinesSpec
from .bounds import Bound
from .head import HeadSpec
from .jobtext import check_depth
from .mistakes import Mistake, explain
from .objectives import OBJECTIVES, Cost, cost_function, objective
from .objectives_section import ObjectivesSpec, check_objectives
from .search_section import JOB_NAME, SearchSpec, check_names
from .section import Section
from .space_section import SpaceSpec
from .task import TaskSpec
from .tracker_names import TrackerNames
from .tracker_names import check_names as check_trackers
from .training import TrainingSpec


class ModelSpec(Section):
    """The backbone.

    Attributes:
        path: A folder, `package:NAME` for weights inside an installed Python package, or a hub id.
        anatomy: Filled in from the model's config.json at launch; write it for an unknown family.
        dtype: In what its weights are held: `float32`, `bfloat16` (half the memory), or `auto`:
            bfloat16 from a billion parameters on, where the hardware multiplies it or memory is
            short. What is trained is float32 always.
        encoder: A second frozen model, named as `path` is, that reads each text for the prompts
            that are made from it; None leaves that to the model's own embeddings.
    """

    path: str
    encoder: str | None = None
    anatomy: Anatomy | None = None
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"

    @field_validator("anatomy")
    @classmethod
    def _check_anatomy(cls, anatomy: Anatomy | None) -> Anatomy | None:
        return anatomy and check_sizes(anatomy)


class BudgetSpec(Section):
    """Whichever comes first.

    Attributes:
        hours: Of the time in which at least one trial ran, from the first trial on; may be written
            as `minutes`.
        stop_when: `no gain` ends the job once the model has expected a rise of the hypervolume
            under 1 % three times on end (`search.no_gain`); without it, the job says so. Of the
            sampler `bo` alone.
    """

    instead: ClassVar[tuple[str, ...]] = ("minutes",)

    trials: int | None = Field(None, ge=1, le=1_000_000_000)
    hours: float | None = Field(None, gt=0, le=1_000_000)
    stop_when: Literal["no gain"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_minutes(cls, data: Any) -> Any:
        found = read_minutes(data)
        if isinstance(found, Mapping) and "minutes" in found:
            _refuse_minutes(found)
        return found

    @model_validator(mode="after")
    def _check_any(self) -> Self:
        if self.trials is None and self.hours is None:
            hint, where = "set trials under [budget]", "budget.trials"
            raise UserError("a budget of trials or hours", "none", hint, where)
        return self

    def is_spent(self, ended: int, hours: float) -> bool:
        """Whether nothing of it is left.

        Args:
            ended: Trials that ended.
            hours: Used ones.
        """
        by_trials = self.trials is not None and ended >= self.trials
        return by_trials or (self.hours is not None and hours >= self.hours)


def read_minutes(budget: Any) -> Any:
    """A section `[budget]` with hours in place of `minutes`, which no spec keeps; what is no
    number, or given twice, is left to be refused."""
    if not isinstance(budget, Mapping) or "hours" in budget:
        return budget
    minutes = budget.get("minutes")
    if isinstance(minutes, bool) or not isinstance(minutes, int | float):
        return budget
    kept = {key: value for key, value in budget.items() if key != "minutes"}
    return kept | {"hours": minutes / 60}


def _refuse_minutes(budget: Mapping[str, Any]) -> None:
    """What `read_minutes` left.

    Raises:
        UserError: Always.
    """
    where = "budget.minutes"
    if "hours" in budget:
        raise UserError("hours or minutes under [budget]", "both", "leave one out", where)
    expected, got = "a number as minutes under [budget]", repr(budget["minutes"])
    raise UserError(expected, got, "write e.g. minutes = 90", where)


class JobSpec(Section):
    """One search. `tries` is written as `[[try]]` and holds the user's own configurations.

    `tracking` names where the trials are told beside the database (`peftsearch.tracking`): it has
    no part in what is trained. Nor has `artefacts`, the URL that adapters are kept below
    (`workers.artefacts`); None keeps them in the folder of the jobs' files.
    """

    model_config = ConfigDict(populate_by_name=True)

    name: str = Field(pattern=JOB_NAME)
    seed: int = Field(0, ge=0, lt=2**31)
    model: ModelSpec
    task: TaskSpec
    budget: BudgetSpec
    training: TrainingSpec = TrainingSpec()
    head: HeadSpec = HeadSpec()
    space: SpaceSpec = SpaceSpec()
    search: SearchSpec = SearchSpec()
    objectives: ObjectivesSpec = ObjectivesSpec()
    baselines: BaselinesSpec = BaselinesSpec()
    tries: tuple[dict[str, Any], ...] = Field((), alias="try")
    tracking: TrackerNames = ()
    artefacts: ArtefactsUrl | None = None

    @model_validator(mode="after")
    def _check_precision(self) -> Self:
        if self.model.dtype == "bfloat16" and self.training.precision == "float32":
            raise UserError(
                "training.precision = 'bfloat16' or 'auto' with model.dtype = 'bfloat16'",
                "'float32'",
                "leave it out",
                where="training.precision",
            )
        return self

    @model_validator(mode="after")
    def _check_objectives(self) -> Self:
        check_objectives(self.objectives, self.task, self.goals)
        return self

    @model_validator(mode="after")
    def _check_weighting(self) -> Self:
        changed = self.training.weighting
        if changed and not find_kind(self.task.kind).classes:
            raise UserError(
                f"a kind of task with classes for training.{changed}",
                repr(self.task.kind),
                f"remove training.{changed} or correct task.kind",
                f"training.{changed}",
            )
        return self

    @property
    def anatomy(self) -> Anatomy:
        """The model's anatomy, which the launch filled in.

        Raises:
            UserError: The spec was not completed.
        """
        if self.model.anatomy is None:
            raise UserError(
                "a spec with its model's anatomy", "none", "complete it by `read_spec`"
            )
        return self.model.anatomy

    def learning_from(self, names: tuple[str, ...]) -> Self:
        """The spec with these jobs to learn from; itself where none is named.

        Raises:
            UserError: As where the job file says so.
        """
        if not names:
            return self
        search = self.search.model_copy(update={"learn_from": check_names(names)})
        return self.model_copy(update={"search": search})

    def tracked_by(self, names: Sequence[str] | None) -> Self:
        """The spec with these trackers in place of its own; itself where None is given.

        Raises:
            UserError: As where the job file says so.
        """
        if names is None:
            return self
        return self.model_copy(update={"tracking": check_trackers(names)})

    def storing_in(self, url: str | None) -> Self:
        """The spec with this place for adapters in place of its own; itself where None is given.

        Args:
            url: Or a path, relative to the working folder.

        Raises:
            UserError: As where the job file says so.
        """
        if url is None:
            return self
        return self.model_copy(update={"artefacts": resolve_url(check_url(url), Path.cwd())})

    def with_anatomy(self, anatomy: Anatomy) -> Self:
        """The same on a model of that anatomy."""
        model = self.model.model_copy(update={"anatomy": anatomy})
        return self.model_copy(update={"model": model})

    @property
    def goals(self) -> tuple[str, ...]:
        """The objectives that decide which configuration dominates which: the quality, what else
        is to be large, the cost, what else is to be small."""
        wanted = self.objectives
        named = (self.task.quality, *wanted.maximise, wanted.cost, *wanted.minimise)
        return tuple(dict.fromkeys(named))

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """Hard bounds on known costs."""
        return tuple(x for x in self._all_bounds if objective(x.name).known)

    @property
    def limits(self) -> tuple[Bound, ...]:
        """Bounds on what only a training tells, which no configuration of the front breaks."""
        return tuple(x for x in self._all_bounds if not objective(x.name).known)

    @property
    def _all_bounds(self) -> tuple[Bound, ...]:
        return tuple(Bound.parse(text) for text in self.objectives.bounds)

    @property
    def measured(self) -> tuple[str, ...]:
        """What a trial must measure for the front to be known: goals and limits."""
        named = (*self.goals, *(x.name for x in self.limits))
        return tuple(dict.fromkeys(x for x in named if not objective(x).known))

    @property
    def of_trained(self) -> tuple[str, ...]:
        """What a worker measures of each trained model itself, of all that the job names."""
        named = dict.fromkeys((*self.measured, *self.objectives.also))
        return tuple(x for x in named if objective(x).trained)

    @property
    def known_costs(self) -> Mapping[str, Cost]:
        """What is computed of every configuration before its training, by objective; without what
        needs the job's workload, as long as nobody has counted it."""
        named = (*self.goals, *(x.name for x in self.bounds), *self.objectives.also)
        own = [row.name for row in OBJECTIVES.own.values() if row.known]
        wanted = map(objective, dict.fromkeys((*own, *named)))
        anatomy = self.model.anatomy
        counted = anatomy is not None and anatomy.workload is not None
        known = (row.name for row in wanted if row.known and (counted or not row.counted))
        return {name: cost_function(name) for name in known}

    def count_costs(self, configuration: Configuration) -> dict[str, float]:
        """`known_costs` of a configuration of its model, by objective."""
        costs = self.known_costs.items()
        return {name: float(cost(configuration, self.anatomy)) for name, cost in costs}

    @property
    def try_configurations(self) -> tuple[Configuration, ...]:
        """The user's own configurations, to be trained first.

        Raises:
            UserError: One is no configuration and names no recipe, or says what the job does.
        """
        return tuple(map(self.read_configuration, self.tries))

    def read_configuration(self, data: Mapping[str, Any]) -> Configuration:
        """One that the user wrote, in a `[[try]]` or in the list of the space.

        Raises:
            UserError: It is no configuration and names no recipe, or says what the job does.
        """
        tried, searched = read_written(data, self.anatomy), self.training.searched
        for name in tried.training.said.keys() - searched:
            expected, got = (
                f"{name} under [training], where it is not searched",
                "it in a configuration",
            )
            hint = f"move it, or give training.{name} several values"
            raise UserError(expected, got, hint, f"training.{name}")
        return replace(tried, training=tried.training.fill(searched))

    def to_json(self) -> dict[str, Any]:
        """Plain data; `parse_spec` reads it back to an equal spec."""
        return self.model_dump(mode="json", by_alias=True)


def parse_spec(data: Mapping[str, Any]) -> JobSpec:
    """A checked spec from plain data.

    Raises:
        UserError: On the first key that is unknown, missing or wrong; `others` has the rest.
    """
    check_depth(data)
    try:
        return JobSpec.model_validate(dict(data))
    except ValidationError as error:
        first, *others = explain(error, JobSpec)
        first.join(*others)
        raise first from error


def make_budget(trials: int | None, hours: float | None) -> BudgetSpec | None:
    """A budget of these limits; None where neither is given.

    Raises:
        UserError: One is not more than nothing, or too large.
    """
    if trials is None and hours is None:
        return None
    try:
        return BudgetSpec(trials=trials, hours=hours)
    except ValidationError as error:
        given = ((trials, "trials"), (hours, "hours"))
        got = " and ".join(f"{x} {unit}" for x, unit in given if x is not None)
        expected = "a budget of 1 to 1,000,000,000 trials, or of more than 0 to 1,000,000 hours"
        raise UserError(expected, got, "correct it", "budget") from error


def find_mistakes(data: Mapping[str, Any]) -> list[Mistake]:
    """All that is wrong with a spec by itself, unknown keys first; none where it can be parsed.

    What only a model, its data or its space can tell is not looked at.
    """
    try:
        JobSpec.model_validate(dict(data))
    except ValidationError as error:
        return [Mistake.of(x) for x in explain(error, JobSpec)]
    return []
