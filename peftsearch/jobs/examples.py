"""The job files of the folder `examples/`, which is part of the package."""

from importlib.resources import files


def read_example(name: str) -> str:
    """The text of one, for example `demo`."""
    return files("peftsearch").joinpath("examples", f"{name}.toml").read_text("utf-8")
