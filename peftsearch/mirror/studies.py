"""Optuna studies in a database: opened for one job, and filled with many trials at once.

`Study.add_trials` takes 35 ms a trial, for each of its rows is a query and each trial a
transaction: 6 minutes for 10,000. Here they are one transaction of bulk inserts over Optuna's own
tables; a test compares what both leave behind.
"""

import json
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import distribution_to_json
from optuna.exceptions import DuplicatedStudyError, ExperimentalWarning, OptunaError
from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial
from sqlalchemy import URL, create_engine, func, insert, inspect, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from peftsearch.errors import UserError
from peftsearch.storage.connection import describe, parse_url

_OURS = "front_entries"
"""A table that only our own databases have."""


def open_storage(url: str) -> RDBStorage:
    """An Optuna storage over a database, which is made if it is an SQLite file.

    Raises:
        UserError: The URL is wrong, the database does not answer, or holds something else.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    parsed = parse_url(url)
    try:
        _check_tables(parsed)
        return RDBStorage(parsed.render_as_string(hide_password=False))
    except (SQLAlchemyError, OptunaError, RuntimeError) as error:
        reason = str(error.__cause__ or error).partition("\n")[0]
        raise UserError(
            "a database for Optuna such as sqlite:///optuna.db",
            f"{describe(parsed)} ({reason})",
            "correct it",
        ) from error


def _check_tables(url: URL) -> None:
    engine = create_engine(url, poolclass=NullPool)
    if inspect(engine).has_table(_OURS):
        raise UserError(
            "a database for Optuna's own tables",
            f"{describe(url)}, which holds peftsearch's jobs",
            "name another, e.g. sqlite:///optuna.db",
        )


def open_study(
    storage: RDBStorage,
    name: str,
    metrics: Mapping[str, bool],
    mark: Mapping[str, Any],
) -> optuna.Study:
    """The study of that name that was made with the same mark; made if there is none.

    Args:
        metrics: Name of each objective, and whether it is maximised.
        mark: Tells it from other studies of that name; kept as its user attributes.

    Raises:
        UserError: There is another study of that name.
    """
    directions = [
        StudyDirection.MAXIMIZE if maximise else StudyDirection.MINIMIZE
        for maximise in metrics.values()
    ]
    try:
        study = optuna.create_study(storage=storage, study_name=name, directions=directions)
    except DuplicatedStudyError:
        study = optuna.load_study(study_name=name, storage=storage)
        if any(study.user_attrs.get(key) != value for key, value in mark.items()):
            raise UserError(
                f"no study {name!r} there but the mirror of this job",
                "another study of that name",
                "name another database",
            ) from None
        return study
    for key, value in mark.items():
        study.set_user_attr(key, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        study.set_metric_names(list(metrics))
    return study


def add_new(
    storage: RDBStorage, name: str, key: str, trials: Callable[[set[Any]], Sequence[FrozenTrial]]
) -> int:
    """Add to a study what it lacks, in one transaction; how many trials it had.

    Args:
        key: A user attribute of each trial.
        trials: The ended trials to add, in their order, given the values of `key` that are there.
    """
    study_id = storage.get_study_id_from_name(name)
    with Session(storage.engine) as session, session.begin():
        # A write that changes nothing holds the study until the end, against a second mirror.
        mine = models.StudyModel.study_id == study_id
        session.execute(update(models.StudyModel).where(mine).values(study_name=name))
        there = _values(session, study_id, key)
        first = _count(session, study_id)
        _insert(session, study_id, first, trials(there))
    return first


def _count(session: Session, study_id: int) -> int:
    query = select(func.count()).where(models.TrialModel.study_id == study_id)
    return session.scalars(query).one()


def _values(session: Session, study_id: int, key: str) -> set[Any]:
    attribute = models.TrialUserAttributeModel
    query = (
        select(attribute.value_json)
        .join(models.TrialModel, models.TrialModel.trial_id == attribute.trial_id)
        .where(models.TrialModel.study_id == study_id, attribute.key == key)
    )
    return {json.loads(text) for text in session.scalars(query)}


def _insert(session: Session, study_id: int, first: int, trials: Sequence[FrozenTrial]) -> None:
    rows = [
        models.TrialModel(
            study_id=study_id,
            number=first + i,
            state=trial.state,
            datetime_start=trial.datetime_start,
            datetime_complete=trial.datetime_complete,
        )
        for i, trial in enumerate(trials)
    ]
    session.add_all(rows)
    session.flush()
    pairs: list[tuple[Any, FrozenTrial]] = [
        (row.trial_id, trial) for row, trial in zip(rows, trials, strict=True)
    ]
    _fill(session, models.TrialParamModel, pairs, _parameters())
    _fill(session, models.TrialValueModel, pairs, _objectives)
    _fill(session, models.TrialUserAttributeModel, pairs, lambda x: _attributes(x.user_attrs))
    _fill(session, models.TrialSystemAttributeModel, pairs, lambda x: _attributes(x.system_attrs))


def _fill(
    session: Session,
    table: Any,
    pairs: Sequence[tuple[Any, FrozenTrial]],
    make: Callable[[FrozenTrial], Iterable[dict[str, Any]]],
) -> None:
    rows = [{"trial_id": number, **row} for number, trial in pairs for row in make(trial)]
    if rows:
        session.execute(insert(table), rows)


def _parameters() -> Callable[[FrozenTrial], Iterable[dict[str, Any]]]:
    texts: dict[int, str] = {}

    def make(trial: FrozenTrial) -> Iterable[dict[str, Any]]:
        for name, value in trial.params.items():
            domain = trial.distributions[name]
            # The trials share their distributions, whose text takes long to make.
            if id(domain) not in texts:
                texts[id(domain)] = distribution_to_json(domain)
            yield {
                "param_name": name,
                "param_value": domain.to_internal_repr(value),
                "distribution_json": texts[id(domain)],
            }

    return make


def _objectives(trial: FrozenTrial) -> Iterable[dict[str, Any]]:
    for objective, value in enumerate(trial.values or ()):
        stored, kind = models.TrialValueModel.value_to_stored_repr(value)
        yield {"objective": objective, "value": stored, "value_type": kind}


def _attributes(content: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    return ({"key": key, "value_json": json.dumps(value)} for key, value in content.items())
