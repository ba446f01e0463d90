"""Whether the user's own configurations train as the job does."""

from peftsearch.errors import UserError, located
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec


def check_tries(spec: JobSpec) -> None:
    """Refuse a `[[try]]` with a value of the training that the job does not search.

    Jobs of earlier versions may have others, so this is asked at the launch alone.

    Raises:
        UserError: One has, and which.
    """
    with located("try"):
        for configuration in spec.try_configurations:
            check_values(configuration, spec, "a [[try]]")


def check_values(configuration: Configuration, spec: JobSpec, named: str) -> None:
    """Refuse a value of the training that the job does not search.

    The size of the forecast, and what is known of a training before it, count the searched ones.

    Args:
        named: What the configuration is, for people.

    Raises:
        UserError: It has one.
    """
    for name, values in spec.training.searched.items():
        value = configuration.training.said.get(name)  # none of what has no dropout
        if value is not None and value not in values:
            raise UserError(
                f"{name} among {', '.join(f'{x:g}' for x in values)} in {named}",
                f"{value:g}",
                f"add it to training.{name}, or choose one of those",
            )
