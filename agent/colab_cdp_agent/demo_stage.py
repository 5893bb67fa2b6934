"""The demo's stage: a stand-in for Colab with real kernels, a headless Chromium, and the agent.

Nothing of it stays: profile folder, kernels, broker and all that was kept go with the end.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from msgspec import structs
from rich.console import Console

from colab_cdp_agent import config
from colab_cdp_agent.agent import Agent, Options
from colab_cdp_agent.chrome.installed import NoChromiumError
from colab_cdp_agent.chrome.launch import headless
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.settings.units import Interval
from colab_cdp_agent.tell.broker import BrokerAddress, EmbeddedBroker
from colab_cdp_agent.tell.ports import HOST
from colab_cdp_agent.tell.web.page import port_on
from colab_cdp_agent.watch.sites import load_site
from colab_sim import ColabSim, Notebook

NAME = "demo"
STEPS = {"llama-lora": 36_000, "vit-small": 3_000}
"""What is trained, and in how many steps of a tenth of a second."""
OPEN_LIMIT_S = 60.0
KEPT_IN_VARIABLES = (config.STATE_DIR_VARIABLE, "IPYTHONDIR", "JUPYTER_RUNTIME_DIR")
"""Where the agent and the kernels keep what they keep."""
ASK_AFTER_S, ANSWER_AFTER_S = 30.0, 15.0
TRAINING = """\
import math, random, sys, time
steps = {steps}
began = time.time()
for step in range(1, steps + 1):
    time.sleep(0.1)
    took = time.time() - began
    bar = "#" * (20 * step // steps)
    sys.stderr.write(
        f"\\r{{100 * step // steps:3d}}%|{{bar:<20}}| {{step}}/{{steps}}"
        f" [{{took:.0f}}s<{{took / step * (steps - step):.0f}}s, {{step / took:.2f}}it/s]"
    )
    if step % 10 == 0:
        loss = 0.3 + 2.1 * math.exp(-3 * step / steps) + random.uniform(0, 0.05)
        print(f"\\nstep {{step}}/{{steps}} loss {{loss:.4f}}", flush=True)
print("saved the checkpoint")
"""


async def play(seconds: float | None) -> int:
    """Show the agent at work for so many seconds, or until it is cancelled."""
    console = Console(highlight=False, soft_wrap=True)
    console.print("Starting a stand-in for Colab, a headless Chromium and a broker …")
    async with AsyncExitStack() as stage:
        folder = stage.enter_context(_folder_of_its_own())
        sim = await stage.enter_async_context(ColabSim())
        notebooks = [sim.notebook(name, title=f"{name}.ipynb", kernel=True) for name in STEPS]
        pages = headless(sim.chromium_flags, [notebook.url for notebook in notebooks])
        port = await stage.enter_async_context(pages)
        await _begin_training(notebooks)
        broker = await stage.enter_async_context(_running(EmbeddedBroker(folder / "broker")))
        settings = _settings(port)
        for line in _to_try(settings.web.port, broker, sim.control_url, notebooks[-1].name):
            console.print(line, markup=False)

        stop = asyncio.Event()
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, stop.set)
        agent = Agent(NAME, settings, (load_site("colab"),), Options())
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(_ask_now_and_then(notebooks[-1]), name="demo's dialogs")
            await agent.run(stop)
            asking.cancel()
    return ExitCode.ENDED_AS_ASKED


def _settings(port: int) -> config.Config:
    """Return a configuration whose duties are done often enough to be seen, its page's port too."""
    duties = config.Duties(
        keep_alive=config.KeepAlive(every=Interval(15)),
        clear=config.Clear(every=Interval(45)),
    )
    web = config.Web(port=port_on(HOST, config.Web().port))
    return structs.replace(config.Config(), chrome=config.Chrome(port=port), duties=duties, web=web)


def _to_try(page: int, broker: BrokerAddress, control: str, asking: str) -> Iterator[str]:
    """Yield what a person may do while it runs, in lines that fit a terminal of 80 columns."""
    yield f"What a phone would see: http://{HOST}:{page}"
    yield f"Broker: {broker.url}, without a password, for any MQTT app here:"
    yield f"  mosquitto_sub -h {broker.host} -p {broker.port} -t 'colab/{NAME}/#' -v"
    yield "The notebooks do what they are told, for example"
    yield f"  curl -X POST {control}/notebooks/{asking}/dialog \\"
    yield """    -H 'Content-Type: application/json' -d '{"kind": "captcha"}'"""
    yield f"{asking} asks now and then whether you are still there. Ctrl+C ends everything."
    yield ""


async def _begin_training(notebooks: Sequence[Notebook]) -> None:
    """Run each notebook's cell once its page is open."""
    try:
        async with asyncio.timeout(OPEN_LIMIT_S):
            for notebook in notebooks:
                await notebook.opened()
                await notebook.source(TRAINING.format(steps=STEPS[notebook.name]))
                await notebook.run()
    except TimeoutError as error:
        reason = f"the headless Chromium did not open the notebooks in {OPEN_LIMIT_S:.0f} s"
        raise NoChromiumError(reason, "try again when this computer is less busy") from error


async def _ask_now_and_then(notebook: Notebook) -> None:
    """Show a dialog that only a person may answer, and answer it a while later."""
    while True:
        await asyncio.sleep(ASK_AFTER_S)
        await notebook.dialog("still_there")
        await asyncio.sleep(ANSWER_AFTER_S)
        await notebook.close_dialogs()


@asynccontextmanager
async def _running(broker: EmbeddedBroker) -> AsyncGenerator[BrokerAddress]:
    """Have the broker up before the agent adopts it: its port is told first."""
    try:
        yield await broker.start()
    finally:
        await broker.stop()


@contextmanager
def _folder_of_its_own() -> Iterator[Path]:
    """Keep what the agent and the kernels keep in a folder that goes; the person's stay as is."""
    with tempfile.TemporaryDirectory(
        prefix="colab-cdp-agent-demo-", ignore_cleanup_errors=True
    ) as folder:
        before = {name: os.environ.pop(name, None) for name in KEPT_IN_VARIABLES}
        os.environ.update(dict.fromkeys(KEPT_IN_VARIABLES, folder))
        try:
            yield Path(folder)
        finally:
            for name, value in before.items():
                del os.environ[name]
                if value is not None:
                    os.environ[name] = value
