"""What every section of a job spec has in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Unchangeable, without unknown keys, and with finite numbers alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
