"""A service below a path of another host, as a proxy shows it: `https://tools.example/peft/jobs`."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RootPath:
    """Takes the path off what is asked for, where a proxy leaves it there, and puts it before
    addresses of this service that answers lead to. Within, nothing knows of it."""

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app, self._root = app, root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        if scope["type"] != "http" or not self._root:
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                to = headers.get("Location", "")
                if to.startswith("/"):
                    headers["Location"] = self._root + to
            await send(message)

        await self._app(self._take_off(scope), receive, answer)

    def _take_off(self, scope: Scope) -> Scope:
        raw = scope.get("raw_path") or scope["path"].encode()
        if not f"{scope['path']}/".startswith(f"{self._root}/"):
            return scope
        path = scope["path"].removeprefix(self._root) or "/"
        return {**scope, "path": path, "raw_path": raw.removeprefix(self._root.encode()) or b"/"}
