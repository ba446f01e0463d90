"""Whether this machine has the device that workers are to use."""

EVERYWHERE = ("auto", "cpu")
"""What each machine has; nothing is loaded to find that out."""


def check_device(name: str) -> None:
    """Before a job is made that no worker could take up.

    Raises:
        UserError: No such device on this machine.
    """
    if name not in EVERYWHERE:
        from peftsearch.workers.runtime.devices import choose_device

        choose_device(name)
