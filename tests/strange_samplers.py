"""Another package with samplers that do what none may."""

from pathlib import Path

from peftsearch.spaces.jobspec.sampler_names import GROUP
from tests.recipes import install

MODULE = "strange_samplers_of_others"
FAULTS: dict[str, tuple[str, str, str]] = {
    "making": ("raise ValueError('no licence')", "", "ValueError: no licence, when it was made"),
    "leaving": ("raise SystemExit(3)", "", "SystemExit: 3, when it was made"),
    "asking": ("", "return 1 / 0", "ZeroDivisionError: division by zero, when it was asked"),
    "text": ("", "return 'lora'", "'lora' in place of a configuration"),
    "number": ("", "return 17", "17 in place of a configuration"),
    "again": ("", "return self.known[0]", "a configuration that was proposed before"),
    "elsewhere": ("", "return Configuration((Stratum(0, 99),), 0.001)", "tile the model's layers"),
    "beyond": ("", "return Configuration(self.known[0].strata, 7.0)", "rate between 0 and 1"),
}
"""By the sampler's name: what it does when it is made and when it is asked, and what is said."""
_HEAD = "from peftsearch.spaces.configurations.configuration import Configuration, Stratum\n"
_CLASS = """
class {name}:
    def __init__(self, spec, space, trials, seed):
        self.known, self.space = [trial.configuration for trial in trials], space
        {made}

    def suggest(self, running, excluded, rng):
        {asked}
"""
_MENDED = ("", "return self.space.sample(rng)")


def install_samplers(folder: Path) -> None:
    """The package as it was published."""
    points = {name: f"{MODULE}:{name}" for name in FAULTS}
    install(
        {"name": "strange", "version": "1.0", "entry-points": {GROUP: points}},
        folder,
    )
    _write(folder, {name: fault[:2] for name, fault in FAULTS.items()})


def mend_samplers(folder: Path) -> None:
    """Its next version, which does as it should."""
    _write(folder, dict.fromkeys(FAULTS, _MENDED))


def _write(folder: Path, bodies: dict[str, tuple[str, str]]) -> None:
    classes = [
        _CLASS.format(name=name, made=made or "pass", asked=asked or "return None")
        for name, (made, asked) in bodies.items()
    ]
    (folder / f"{MODULE}.py").write_text(_HEAD + "".join(classes))
