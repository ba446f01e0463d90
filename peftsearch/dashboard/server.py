"""The web server: a socket that is bound before anything starts, and a quick, clean end."""

import contextlib
import errno
import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from fastapi import FastAPI

from peftsearch.errors import UserError
from peftsearch.service.context import Service
from peftsearch.service.guard.crowds import BACKLOG, room_for

from .connections import KEEP_SECONDS, limited

_GRACE_SECONDS = 2


def bind(host: str, port: int) -> socket.socket:
    """A listening socket.

    Args:
        port: 0 takes a free one.

    Raises:
        UserError: The port is taken or not allowed, or this machine has no such address.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _wrong_host(host, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _wrong_address(host, port, error) from error
    return listener


def _wrong_host(host: str, error: OSError) -> UserError:
    return UserError("an address of this machine", f"{host!r}: {error.strerror}", "correct --host")


def _wrong_address(host: str, port: int, error: OSError) -> UserError:
    if error.errno == errno.EADDRINUSE:
        return UserError(
            f"a free port on {host}",
            f"port {port}, which another program uses",
            "take another with --port, or any free one with `--port 0`",
        )
    if error.errno == errno.EACCES:
        got = f"port {port}, which needs more rights"
        return UserError("a port that you may use", got, "take one above 1023 with --port")
    return _wrong_host(host, error)


def make_url(host: str, port: int) -> str:
    """The address for this machine's browser."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return f"http://{host}:{port}"
    if address.is_unspecified:
        return f"http://127.0.0.1:{port}" if address.version == 4 else f"http://[::1]:{port}"
    return f"http://{address}:{port}" if address.version == 4 else f"http://[{address}]:{port}"


class Server(uvicorn.Server):
    """Ends with 0 on Ctrl-C and SIGTERM, and does not wait for event streams.

    Args:
        app: Made by `make_site`.
        greet: Called once requests are answered.
        say: Shows a line.
    """

    def __init__(
        self, app: FastAPI, greet: Callable[[], None], say: Callable[[str], None]
    ) -> None:
        self._service: Service = app.state.service
        config = uvicorn.Config(
            app,
            http=limited(room_for(self._service.settings.open_files).connections),
            timeout_keep_alive=KEEP_SECONDS,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # who connects must not choose its address or scheme
            ws="none",
            lifespan="on",
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        super().__init__(config)
        self._greet, self._say = greet, say

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal. A second one cuts the end short, but leaves no pool behind."""
        try:
            super().run(sockets)
        finally:
            self._service.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say where it listens once it does."""
        await super().startup(sockets)
        if self.started:
            self._greet()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the event streams first; they would keep their connections for ever."""
        self._service.watcher.close()
        busy = [job for job, pool in self._service.supervisor.pools().items() if pool.active]
        if busy:
            self._say(f"the workers of {', '.join(busy)} give back their trials and leave")
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take both signals; uvicorn's own raises them again at the end, as a failure."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        previous = {number: signal.signal(number, self._end) for number in numbers}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self.handle_exit(number, frame)
