"""The stand-in as a whole: one HTTPS port for the page, one HTTP port to control it."""

import socket
from contextlib import AsyncExitStack
from typing import Literal, Self

from aiohttp import web

from colab_sim.certificate import throw_away_context
from colab_sim.control import Control
from colab_sim.errands import Errands
from colab_sim.frames import Wrapping
from colab_sim.notebook import Notebook
from colab_sim.server import FRAME_HOSTS, PAGE_HOST, RUNTIME_HOSTS, Server
from colab_sim.view import ChannelPlace, Connection, Generation, Language, Options

LOOPBACK = "127.0.0.1"
SHUTDOWN_LIMIT_S = 1.0


class ColabSim(AsyncExitStack):
    """A stand-in for Colab's web front end, up from entry to exit.

    Notebooks made with `kernel=True` have a real kernel behind them; `kernel=False` here
    forbids it.
    """

    def __init__(self, *, kernel: bool = True, port: int = 0, control_port: int = 0) -> None:
        super().__init__()
        self.notebooks: dict[str, Notebook] = {}
        self._kernel = kernel
        self._ports = (port, control_port)
        self._errands = Errands()

    async def __aenter__(self) -> Self:
        self._page_socket, self._control_socket = map(_listener, self._ports)
        self.push_async_callback(self._errands.close)
        self.push_async_callback(self._stop_kernels)
        context = throw_away_context(
            PAGE_HOST, *(f"*{hosts}" for hosts in (FRAME_HOSTS, RUNTIME_HOSTS))
        )
        pages = Server(self.notebooks, self._errands).app()
        for app, listener, secured in (
            (pages, self._page_socket, context),
            (Control(self).app(), self._control_socket, None),
        ):
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_LIMIT_S)
            await runner.setup()
            self.push_async_callback(runner.cleanup)
            await web.SockSite(runner, listener, ssl_context=secured).start()
        return self

    async def _stop_kernels(self) -> None:
        for notebook in self.notebooks.values():
            await notebook.execution.runtime.stop()

    @property
    def port(self) -> int:
        """The HTTPS port of every host of the stand-in."""
        return _port(self._page_socket)

    @property
    def control_url(self) -> str:
        """The address of the control API."""
        return f"http://{LOOPBACK}:{_port(self._control_socket)}"

    @property
    def chromium_flags(self) -> tuple[str, ...]:
        """The flags that lead Chromium here, and nowhere else."""
        here = f"{LOOPBACK}:{self.port}"
        hosts = (PAGE_HOST, f"*{FRAME_HOSTS}", f"*{RUNTIME_HOSTS}")
        rules = [f"MAP {host} {here}" for host in hosts]
        rules += ["MAP * ~NOTFOUND", f"EXCLUDE {LOOPBACK}", "EXCLUDE localhost"]
        return ("--ignore-certificate-errors", f"--host-resolver-rules={', '.join(rules)}")

    def notebook(
        self,
        name: str,
        *,
        title: str | None = None,
        generation: Generation = 2025,
        language: Language = "en",
        connection: Connection = "connected",
        kernel: bool = False,
        cells: int = 1,
        light_dom: bool = False,
        private_outputs: bool = False,
        dialog_host: Literal["mwc-dialog", "md-dialog"] = "mwc-dialog",
        output_limit: int | None = 5000,
        channel: ChannelPlace = "page",
        wrapping: Wrapping = "none",
    ) -> Notebook:
        """Make a notebook; its pages can be opened at its `url`.

        `channel` says where the socket to the kernel lives, `wrapping` what is put around each
        of its frames.
        """
        if name in self.notebooks:
            raise ValueError(f"there is a notebook {name!r} already")
        if kernel and not self._kernel:
            raise ValueError("this stand-in runs no kernels")
        options = Options(
            name=name,
            title=title or f"{name}.ipynb",
            generation=generation,
            language=language,
            connection=connection,
            kernel=kernel,
            cells=cells,
            light_dom=light_dom,
            private_outputs=private_outputs,
            dialog_host=dialog_host,
            output_limit=output_limit,
            channel=channel,
            wrapping=wrapping,
        )
        notebook = self.notebooks[name] = Notebook(options, self._errands)
        return notebook


def _listener(port: int) -> socket.socket:
    return socket.create_server((LOOPBACK, port))


def _port(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port
