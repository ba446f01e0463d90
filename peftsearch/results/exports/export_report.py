"""What an export says of itself, as data: for people's cards, for programs, for the service.

Nothing heavy is imported: the service reads in its own process what `peftsearch export` printed.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from peftsearch.results.wording import plural
from peftsearch.results.wording import size as tell_size
from peftsearch.spaces.configurations.forms import HEAD_TENSORS, Form

_PROGRAMS: Mapping[Form, str] = {
    "peft": """from peft import PeftModel
from transformers import {imported}

{config}base = {automatic}.from_pretrained({base})
model = PeftModel.from_pretrained(base, {folder})""",
    "adapter": """import peftsearch
from transformers import {imported}

{config}base = {automatic}.from_pretrained({base})
model = peftsearch.load_adapter(base, {folder}{encoder})""",
    "merged": """from transformers import {automatic}

model = {automatic}.from_pretrained({folder})""",
}


_WITH_HEAD: Mapping[Form, str] = {
    "peft": """import sys

from peft import PeftModel
from transformers import {imported}

sys.path.insert(0, {folder})
from head import replace_head  # head.py of this folder

{config}base = {automatic}.from_pretrained({base})
model = PeftModel.from_pretrained(replace_head(base, {pooling}, {outputs}), {folder})""",
    "adapter": _PROGRAMS["adapter"],
    "merged": """import sys

from transformers import {automatic}

sys.path.insert(0, {folder})
from head import replace_head  # head.py of this folder

body = {automatic}.from_pretrained({folder})
model = replace_head(body, {pooling}, {outputs}, {tensors})""",
}
"""With a head that the class of `transformers` does not have."""
_CONFIG = """config = AutoConfig.from_pretrained({folder}, subfolder="config")
"""


@dataclass(frozen=True)
class Loading:
    """How an export is loaded in Python.

    Attributes:
        automatic: The class of `transformers` that loads such a model.
        base: Folder of the base model.
        arguments: What the class must be told of the base model besides.
        pooling: What the head reads that replaces the class's own; empty where none does.
        outputs: Of that head.
        config: Whether the base takes the configuration beside the adapter, which names the
            classes. Earlier versions told the class their number alone.
        encoder: Where the encoder is that makes the prompts of an adapter; empty without.
    """

    automatic: str
    base: str
    arguments: Mapping[str, int]
    pooling: str = ""
    outputs: int = 0
    config: bool = False
    encoder: str = ""

    def to_python(self, form: Form, folder: str) -> str:
        """A program that loads the export from a folder."""
        given = {"config": "config"} if self.config else {}
        named = [f"{name}={value}" for name, value in {**given, **self.arguments}.items()]
        shown = {
            "automatic": self.automatic,
            "imported": f"{'AutoConfig, ' if self.config else ''}{self.automatic}",
            "config": _CONFIG.format(folder=_quoted(folder)) if self.config else "",
            "base": ", ".join([_quoted(self.base), *named]),
            "folder": _quoted(folder),
            "encoder": f", encoder={_quoted(self.encoder)}" if self.encoder else "",
        }
        head = {
            "pooling": _quoted(self.pooling),
            "outputs": self.outputs,
            "tensors": _quoted(f"{folder}/{HEAD_TENSORS}"),
        }
        return (_WITH_HEAD if self.pooling else _PROGRAMS)[form].format(**shown, **head)


@dataclass(frozen=True)
class ExportReport:
    """What was written and how it was checked.

    Attributes:
        form: peft, adapter or merged.
        rows: Validation rows on which the reloaded model was compared with the original.
        difference: Largest absolute difference of an output among them.
        loading: How it is loaded.
        size: Bytes of its files of weights; None in what earlier versions wrote.
        calibration: As `calibrated_adapter.Calibrated.to_json` tells it; None of tasks without
            classes, of too few rows, and in what earlier versions wrote.
    """

    form: Form
    out: Path
    rows: int
    difference: float
    loading: Loading
    size: int | None = None
    calibration: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        return f"<ExportReport of {str(self.out)!r}: {self.form}, {self._tell_check()}>"

    def __str__(self) -> str:
        size = "" if self.size is None else f", {tell_size(self.size)}"
        where = f"{self.out}: {self.form}{size}; {self._tell_check()}"
        return f"{where}\n\n{self.loading.to_python(self.form, str(self.out))}"

    def _tell_check(self) -> str:
        same = f"differs by at most {self.difference:.1e} on {plural(self.rows, 'validation row')}"
        return f"loaded again, it {same}"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self) | {"out": str(self.out)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `to_json` made.

        Raises:
            KeyError, TypeError: It made something else.
        """
        found = {name: data[name] for name in ("form", "rows", "difference")}
        loading = Loading(**data["loading"])
        out, size = Path(data["out"]), data.get("size")
        known = data.get("calibration")
        return cls(**found, out=out, loading=loading, size=size, calibration=known)


def _quoted(text: str) -> str:
    """A Python literal in double quotes; JSON's escapes are Python's."""
    return json.dumps(text, ensure_ascii=False)
