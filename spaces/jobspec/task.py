"""The task section of a job: its kind, where the data is, which columns, and what is measured."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from peftsearch.errors import UserError, located
from peftsearch.message_text import show
from peftsearch.spaces.kinds.kind import COLUMNS, TaskKind
from peftsearch.spaces.kinds.kind_table import KINDS, find_kind

from .objectives import fold_name
from .qualities import check_qualities
from .section import Section

SHORTEST = 8
"""Tokens of an example that `max_length` may be, at least."""
LONGEST = 512
"""Tokens of an example where `max_length` is chosen, at most: a step's time and memory grow with
them."""


def _list_kinds(schema: dict[str, Any]) -> None:
    schema["enum"] = list(KINDS)


class TaskSpec(Section):
    """The data and what is measured on it. A column that the kind does not read is None.

    Attributes:
        train: A CSV, TSV, JSON, JSONL or Parquet file, those of text also packed as `.gz`; a
            folder of Parquet files or one written by `datasets`; a hub id; of images also a folder
            with one subfolder for each class.
        validation: The same kinds; None takes the source's own split, else a part of `train`.
        test: As `validation`. Only `peftsearch confirm` reads it.
        subset: Configuration name of a hub data set.
        train_split: Which split of its source; None takes the one of the usual name.
        validation_split: The same, of `validation`, else of `train`.
        test_split: The same, of `test`, else of `train`.
        text: Column of the text, or two columns for pairs. Of `multiple_choice` the context; a
            second column begins each choice. Of `causal_lm` alone: loss on every token.
        choices: Columns of the choices, or one column with lists of them.
        label: Class, number, or of `multiple_choice` the right choice: its index from 0, its
            letter, or its text.
        prompt: What a language model is given.
        response: What it is to answer; loss on this alone.
        messages: Lists of `{role, content}` that end with the assistant's; loss on its turns.
        image: Column of the images.
        metric: Quality metric of the kind; None leaves the choice to the launch.
        default_metric: What the launch chose by the data where `metric` is None. None in jobs of
            before, which have the kind's first.
        positive: Of classes, the one that F1, ROC AUC and average precision are of. None takes the
            second of two, and of more classes the mean over all.
        max_length: Tokens per example. Longer texts lose their end, prompts their beginning. Of
            `seq2seq`, tokens of the prompt and of the response each. None takes as many as about
            99 of 100 training rows have, at most 512 or what the model reads.
        group: Column whose equal values are held out together, such as a speaker or a document.
        split_seed: Another number holds out other rows.
        folds: Of a cross-validation of small data: each trial trains once for each, and is scored
            on all rows that are held out in turn. 1 holds one part out.
        reading: Rules of reading and of holding out: 2, or 1 as before it.
        train_rows: Use this many rows of the training split, chosen once for the job.
    """

    kind: str = Field("classification", json_schema_extra=_list_kinds)
    train: str
    validation: str | None = None
    test: str | None = None
    subset: str | None = None
    train_split: str | None = None
    validation_split: str | None = None
    test_split: str | None = None
    text: str | tuple[str, str] | None = None
    choices: str | tuple[str, ...] | None = None
    label: str | None = None
    prompt: str | None = None
    response: str | None = None
    messages: str | None = None
    image: str | None = None
    metric: str | None = None
    default_metric: SkipJsonSchema[str | None] = None
    positive: str | None = None
    max_length: int | None = Field(None, ge=SHORTEST, le=8192)
    validation_fraction: float = Field(0.15, gt=0, lt=0.5)
    test_fraction: float = Field(0.15, gt=0, lt=0.5)
    group: str | None = None
    split_seed: int = Field(0, ge=0, lt=2**31)
    folds: int = Field(1, ge=1, le=20)
    reading: Literal[1, 2] = 2
    train_rows: int | None = Field(None, ge=16)
    validation_rows: int | None = Field(None, ge=16)

    @property
    def quality(self) -> str:
        """Name of the quality metric."""
        return self.metric or self.default_metric or find_kind(self.kind).qualities[0]

    @property
    def tokens(self) -> int:
        """Tokens of an example at most, once they are given or chosen.

        Raises:
            UserError: They are still to be chosen (`workers.batches.lengths`).
        """
        if self.max_length is None:
            hint = "choose it from the data"
            raise UserError("a task.max_length", "none", hint, "task.max_length")
        return self.max_length

    def most_tokens(self, positions: int | None) -> int:
        """Tokens of an example at most, before they are chosen.

        Args:
            positions: Those of the model; None where it has no end.
        """
        return self.max_length or min(LONGEST, positions or LONGEST)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """None, one or two columns."""
        return _listed(self.text)

    @property
    def choice_columns(self) -> tuple[str, ...]:
        """Several columns of one choice each, or one of lists; none for other kinds."""
        return _listed(self.choices)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read; the label, where there is one, is the last."""
        single = (self.prompt, self.response, self.messages, self.image, self.label)
        named = tuple(column for column in single if column is not None)
        return self.text_columns + self.choice_columns + named

    @model_validator(mode="before")
    @classmethod
    def _fill_columns(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or data.get("kind", "classification") not in KINDS:
            return data
        with located("task.kind"):
            kind = find_kind(data.get("kind", "classification"))
        given = {name for name in COLUMNS if data.get(name) is not None}
        usual = kind.usual_columns(given)
        if wrong := sorted(given - set(usual)):
            raise UserError(
                f"the columns of {kind.name} ({_tell_columns(kind)})",
                f"task.{wrong[0]}{_beside(usual)}",
                f"remove task.{wrong[0]} or correct task.kind",
                where=f"task.{wrong[0]}",
            )
        return {**data, **{name: column for name, column in usual.items() if name not in given}}

    @field_validator("kind")
    @classmethod
    def _check_kind(cls, kind: str) -> str:
        row = find_kind(kind)
        check_qualities(row)
        return row.name

    @field_validator("metric")
    @classmethod
    def _fold_metric(cls, value: str | None) -> str | None:
        return None if value is None else fold_name(value)

    @field_validator("text", mode="before")
    @classmethod
    def _check_text(cls, text: Any) -> Any:
        columns = [text] if isinstance(text, str) else text
        if columns is None:
            return None
        listed = isinstance(columns, (list, tuple)) and 1 <= len(columns) <= 2
        if listed and all(isinstance(column, str) for column in columns):
            return columns[0] if len(columns) == 1 else columns
        raise UserError("a text column, or two for pairs", show(text), "correct task.text")

    @field_validator("choices", mode="before")
    @classmethod
    def _check_choices(cls, choices: Any) -> Any:
        listed = isinstance(choices, (list, tuple)) and len(choices) >= 2
        if choices is None or isinstance(choices, str):
            return choices
        if listed and all(isinstance(column, str) for column in choices):
            return choices
        expected = "a column of lists, or at least two columns of one choice each"
        raise UserError(expected, show(choices), "correct task.choices")

    @field_validator("positive", mode="before")
    @classmethod
    def _name_positive(cls, positive: Any) -> Any:
        """As classes are named: of `1`, `1.0` and `"1"` the last."""
        if isinstance(positive, float) and positive.is_integer():
            return str(int(positive))
        return str(positive) if isinstance(positive, (bool, int, float)) else positive

    @model_validator(mode="after")
    def _check_positive(self) -> Self:
        if self.positive is not None and not find_kind(self.kind).classes:
            raise UserError(
                "a kind of task with classes for task.positive",
                f"{self.kind!r}",
                "remove task.positive or correct task.kind",
                where="task.positive",
            )
        return self

    @model_validator(mode="after")
    def _check_metric(self) -> Self:
        known = find_kind(self.kind).qualities
        if self.quality not in known:
            expected = f"a metric of {self.kind} among {', '.join(known)}"
            raise UserError(expected, repr(self.quality), "correct it", "task.metric")
        if self.quality == "exact_match" and self.text is not None:
            raise UserError(
                "prompts and responses, or messages, for exact_match",
                "task.text, which has no response",
                "set task.metric = 'loss' or name the columns",
                where="task.metric",
            )
        return self

    @model_validator(mode="after")
    def _check_repeats(self) -> Self:
        for name in ("text", "choices"):
            columns = _listed(getattr(self, name))
            if self.reading > 1 and len(set(columns)) < len(columns):
                expected, got = f"different columns as task.{name}", ", ".join(columns)
                raise UserError(expected, got, "name each once", where=f"task.{name}")
        if self.group is not None and self.group == self.label:
            expected = "another column for task.group than for the label"
            got, hint = repr(self.group), "name what rows of one origin share"
            raise UserError(expected, got, hint, where="task.group")
        return self

    @model_validator(mode="after")
    def _check_folds(self) -> Self:
        given = [x for x in ("validation", "validation_split") if getattr(self, x) is not None]
        given += ["reading"] * (self.reading == 1)
        if self.folds > 1 and given:
            expected = "rows of task.train to hold out in turn, for task.folds"
            got, hint = f"task.{given[0]} beside it", "leave out one of the two"
            raise UserError(expected, got, hint, where="task.folds")
        return self

    @model_validator(mode="after")
    def _check_target(self) -> Self:
        for name in ("label", "response"):
            column = getattr(self, name)
            if column is not None and self.columns.count(column) > 1:
                raise UserError(
                    f"another column for task.{name} than for what the model reads",
                    f"{column!r} for both",
                    f"correct task.{name}",
                    where=f"task.{name}",
                )
        if repeated := sorted(x for x in set(self.columns) if self.columns.count(x) > 1):
            where = "task.text" if repeated[0] in self.text_columns else "task.choices"
            raise UserError("each column once", f"{repeated[0]!r} twice", "name another", where)
        return self


def _beside(usual: Mapping[str, Any]) -> str:
    return "".join(f" beside task.{name}" for name in usual if len(usual) == 1)


def _tell_columns(kind: TaskKind) -> str:
    return "; or ".join(", ".join(columns) for columns in kind.columns)


def _listed(columns: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if columns is None:
        return ()
    return (columns,) if isinstance(columns, str) else tuple(columns)
