"""What a person asks of an engine. Imports no engine: a command reads it before it loads one."""

from dataclasses import dataclass
from importlib.util import find_spec

from peftsearch.errors import UserError
from peftsearch.message_text import show

LOCAL, RAY, EXTERNAL = "local", "ray", "external"
ENGINES = (LOCAL, RAY, EXTERNAL)
INSTALL_RAY = 'pip install "peftsearch[ray]"'


@dataclass(frozen=True)
class EnginePlan:
    """Who is to start the workers of a job, and what each of them takes.

    Attributes:
        name: Of `ENGINES`.
        ray_address: `auto`, `HOST:PORT` or `ray://HOST:PORT`; None takes what `RAY_ADDRESS` says
            or a cluster that runs on this machine, else starts one for this command.
        cpus: That Ray keeps for each worker, which computes with as many threads.
        gpus: The same of GPUs, of which a part may be asked for; None is one for each device of
            its trials where the cluster has any, else none.
        devices: Of each worker, by a process each, which train one trial together.
    """

    name: str = LOCAL
    ray_address: str | None = None
    cpus: float = 1.0
    gpus: float | None = None
    devices: int = 1


LOCAL_PLAN = EnginePlan()


def make_plan(
    name: str,
    ray_address: str | None,
    cpus: float | None,
    gpus: float | None,
    workers: int,
    devices: int = 1,
) -> EnginePlan:
    """A checked plan.

    Raises:
        UserError: There is no such engine, it lacks a package, or the options are another's.
    """
    if name not in ENGINES:
        expected = f"an engine, {', '.join(ENGINES[:-1])} or {ENGINES[-1]}"
        raise UserError(expected, show(name), "name one of them")
    asked = {
        "an address of Ray": ray_address,
        "CPUs of each worker": cpus,
        "GPUs of each worker": gpus,
    }
    given = [option for option, value in asked.items() if value is not None]
    if name != RAY and given:
        raise UserError(f"{' and '.join(given)} with the engine ray", f"{name!r}", "choose it")
    if name == RAY and find_spec("ray") is None:
        raise UserError("the package Ray, for the engine ray", "none installed", INSTALL_RAY)
    if name == EXTERNAL and workers > 1:
        hint = "leave one of them out: who starts workers says how many"
        raise UserError("a number of workers with an engine that starts them", f"{name!r}", hint)
    if name == EXTERNAL and devices > 1:
        hint = "leave one of them out: who starts workers says on how many devices each trains"
        raise UserError(
            "devices of a trial with an engine that starts workers", "'external'", hint
        )
    if devices > 1 and gpus not in (None, 0, devices):
        expected = f"a GPU for each of the {devices} devices of a trial"
        raise UserError(expected, f"{gpus:g} for each worker", "leave the number of GPUs out")
    return EnginePlan(name, ray_address, float(devices) if cpus is None else cpus, gpus, devices)
