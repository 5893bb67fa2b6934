"""Who is to be seen: notebooks of the stand-in for Colab in a Chromium, and an agent before it."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from chromium import Chromium
from colab_sim import Notebook
from colab_sim.view import Connection, DialogKind
from command import COMMAND, environment
from stage import Stage

TRAINING: Final = """\
import math, random, time
random.seed({first})
for step in range({first}, {last}):
    done = step / {last}
    bar = "█" * round(10 * done)
    spent, left = (time.strftime("%H:%M:%S", time.gmtime(steps * {each_s}))
                   for steps in (step, {last} - step))
    loss = 0.4 + 2 * math.exp(({first} - step) / 50) + random.uniform(0, 0.15)
    print(f"\\r{{done:4.0%}}|{{bar:<10}}| {{step}}/{last} [{{spent}}<{{left}}, "
          f"{{1 / {each_s}:.2f}}it/s, loss={{loss:.3f}}]", end="", flush=True)
    time.sleep({each_s})
"""
FAILS: Final = 'raise RuntimeError("CUDA error: device-side assert triggered")'


@dataclass(frozen=True)
class Part:
    """What a notebook's cell runs, and what its page shows then.

    Attributes:
        code: None where it has no kernel.
        late: whether its cell is run when it is asked for, and not at once.
        resources: RAM and accelerator, as the page names them.

    """

    code: str | None = None
    late: bool = False
    dialog: DialogKind | None = None
    connection: Connection | None = None
    resources: dict[str, Any] = field(default_factory=dict)


T4: Final = {"ram_used": 5.41, "accelerator": "T4"}
PARTS: Final = {
    "llama-lora-night2": Part(
        TRAINING.format(first=10_150, last=24_000, each_s=0.34), resources=T4
    ),
    "vit-small-distill": Part(TRAINING.format(first=7_010, last=12_000, each_s=0.35)),
    "resnet50-food101": Part(TRAINING.format(first=31_200, last=36_000, each_s=0.3)),
    "bert-ner-sweep": Part(FAILS, late=True),
    "gpt2-ko-pretrain": Part(
        TRAINING.format(first=3_990, last=36_000, each_s=0.4), dialog="captcha"
    ),
    "whisper-ko-finetune": Part(dialog="captcha"),
    "unet-segmentation": Part(dialog="usage_limit"),
    "protein-embeddings": Part(connection="connected", resources={"accelerator": "T4"}),
    "tokenizer-32k": Part(connection="connecting"),
}


class Cast:
    """Notebooks that are open in a Chromium and play their parts."""

    def __init__(self, stage: Stage, chromium: Chromium, names: Sequence[str]) -> None:
        self._stage = stage
        self._notebooks: dict[str, Notebook] = {}
        for name in names:
            has_kernel = PARTS[name].code is not None
            notebook = stage.notebook(name, title=f"{name}.ipynb", kernel=has_kernel)
            self._notebooks[name] = notebook
            chromium.open(notebook.url)
        for name in names:
            self._play(name)

    def _play(self, name: str) -> None:
        part, notebook, do = PARTS[name], self._notebooks[name], self._stage.do
        do(notebook.opened())
        if part.code is not None:
            do(notebook.source(part.code))
            if not part.late:
                do(notebook.run())
        if part.dialog is not None:
            do(notebook.dialog(part.dialog))
        if part.connection is not None:
            do(notebook.connection(part.connection))
        if part.resources:
            do(notebook.resources(**part.resources))

    def run(self, name: str) -> None:
        """Run the cell of a notebook."""
        self._stage.do(self._notebooks[name].run())


@contextmanager
def cast(*names: str) -> Iterator[tuple[Cast, Chromium]]:
    """Have these notebooks play in a Chromium, for as long as the block."""
    with Stage() as stage, Chromium(stage.sim.chromium_flags) as chromium:
        yield Cast(stage, chromium, names), chromium


@contextmanager
def agent(folder: Path, name: str, chromium: Chromium, *arguments: str) -> Iterator[None]:
    """Run an agent for as long as the block, with a folder for what it keeps."""
    command = [*COMMAND, "run", "--name", name, "--port", str(chromium.port), *arguments]
    quiet, env = subprocess.DEVNULL, environment(folder / name)
    with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, env=env) as process:
        try:
            yield
        finally:
            process.terminate()
