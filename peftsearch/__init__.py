"""Find the best parameter-efficient fine-tuning configurations of a transformer for one task.

::

    import peftsearch

    result = peftsearch.search("job.toml")
    result.export("adapter/", pick="accuracy where adapter_bytes <= 200 KB")
    model = peftsearch.load_adapter(model, "adapter/")
"""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from . import search as _search

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from .api import SearchResult

__version__ = "0.1.0"


class _CallableSearch(ModuleType):
    """Makes the folder `peftsearch.search` callable (docs/decisions/0001-callable-search.md)."""

    def __call__(self, spec: "str | Path | Mapping[str, Any]", **options: Any) -> "SearchResult":
        """Run a search in this process; see `peftsearch.api.search`."""
        from .api import search

        return search(spec, **options)


_search.__class__ = _CallableSearch


def load_adapter(model: "PreTrainedModel", path: str | Path) -> "PreTrainedModel":
    """Put an exported adapter, its head included, into a model that the user loaded.

    Raises:
        UserError: The folder is not an adapter, is corrupt, or was made for another model.
    """
    from .workers.files.loading import load_adapter as load

    return load(model, path)
