"""The stand-in by JSON over HTTP, for tests in other processes and languages."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from aiohttp import web

from colab_sim.notebook import Notebook

VERBS = frozenset(
    {
        "alert",
        "answer",
        "cell",
        "clear",
        "close_dialogs",
        "connect",
        "connection",
        "dialog",
        "drop_channel",
        "freeze_page",
        "html",
        "interrupt",
        "kill_kernel",
        "open_channel",
        "opened",
        "print",
        "read",
        "remove_control",
        "resources",
        "restore_control",
        "run",
        "signed_in",
        "snackbar",
        "source",
        "strip_state",
        "touched",
    }
)
SETTINGS = frozenset({"when_connect", "connect_delay"})


class Stage(Protocol):
    """What the control side needs of the stand-in."""

    @property
    def chromium_flags(self) -> tuple[str, ...]:
        """The flags that lead Chromium to the stand-in."""

    @property
    def notebooks(self) -> dict[str, Notebook]:
        """Every notebook by name."""

    @property
    def notebook(self) -> Callable[..., Notebook]:
        """Make a notebook."""


class Control:
    """Routes: `/`, `/notebooks`, and `/notebooks/<name>/<verb>` with the arguments as JSON."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def app(self) -> web.Application:
        """Return the application with every route."""
        app = web.Application(middlewares=[_say_what_went_wrong])
        app.add_routes(
            [
                web.get("/", self._index),
                web.post("/notebooks", self._make),
                web.get("/notebooks/{name}", self._read),
                web.post("/notebooks/{name}/settings", self._set),
                web.post("/notebooks/{name}/{verb}", self._call),
            ]
        )
        return app

    def _notebook(self, request: web.Request) -> Notebook:
        notebook = self._stage.notebooks.get(request.match_info["name"])
        if notebook is None:
            raise web.HTTPNotFound(text="no such notebook")
        return notebook

    async def _index(self, _request: web.Request) -> web.Response:
        notebooks = [_card(notebook) for notebook in self._stage.notebooks.values()]
        flags = list(self._stage.chromium_flags)
        return web.json_response({"chromium_flags": flags, "notebooks": notebooks})

    async def _make(self, request: web.Request) -> web.Response:
        arguments = await _arguments(request)
        return web.json_response(_card(self._stage.notebook(arguments.pop("name"), **arguments)))

    async def _read(self, request: web.Request) -> web.Response:
        return web.json_response(await self._notebook(request).read())

    async def _set(self, request: web.Request) -> web.Response:
        notebook = self._notebook(request)
        for name, value in (await _arguments(request)).items():
            if name not in SETTINGS:
                raise ValueError(f"no setting {name!r}; there are {sorted(SETTINGS)}")
            setattr(notebook, name, value)
        return web.json_response({"result": None})

    async def _call(self, request: web.Request) -> web.Response:
        notebook, verb = self._notebook(request), request.match_info["verb"]
        if verb not in VERBS:
            raise ValueError(f"no verb {verb!r}; there are {sorted(VERBS)}")
        result = await getattr(notebook, verb)(**await _arguments(request))
        return web.json_response({"result": result})


def _card(notebook: Notebook) -> dict[str, str]:
    return {"name": notebook.name, "id": notebook.id, "url": notebook.url}


async def _arguments(request: web.Request) -> dict[str, Any]:
    arguments = json.loads(await request.text() or "{}")
    if not isinstance(arguments, dict):
        raise TypeError("arguments are a JSON object")
    return arguments


@web.middleware
async def _say_what_went_wrong(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except TimeoutError:
        return web.json_response({"error": "the page did not apply it in time"}, status=504)
    except (IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
