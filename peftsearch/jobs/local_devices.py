"""Whether this machine has the device that workers are to use."""

EVERYWHERE = ("auto", "cpu")
"""What each machine has; nothing is loaded to find that out."""


def check_device(name: str, each: int = 1) -> None:
    """Before a job is made that no worker could take up.

    Args:
        each: Devices that train one trial together.

    Raises:
        UserError: No such device on this machine, or not so many for each worker.
    """
    if name not in EVERYWHERE:
        from peftsearch.workers.runtime.devices import choose_device

        choose_device(name)
    if each > 1:
        from peftsearch.workers.runtime.devices import check_devices

        check_devices(name, each)
