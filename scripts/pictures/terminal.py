"""What the agent shows in a terminal: who needs a person, what runs, and what rests."""

from pathlib import Path
from typing import Final

from command import COMMAND, environment
from pictures.cast import cast
from pictures.pseudo_terminal import PseudoTerminal

FILE: Final = Path("docs/pictures/terminal.svg")
WIDTH: Final = 112
FAILING: Final = "bert-ner-sweep"
NOTEBOOKS: Final = (
    "llama-lora-night2", "vit-small-distill", FAILING, "whisper-ko-finetune",
    "unet-segmentation", "protein-embeddings",
)  # fmt: skip


def draw(folder: Path) -> None:
    """Draw it, with a folder for what it takes."""
    command = [*COMMAND, "run", "--observe", "--name", "laptop"]
    with cast(*NOTEBOOKS) as (notebooks, chromium):
        port = ["--port", str(chromium.port)]
        with PseudoTerminal([*command, *port], environment(folder), WIDTH) as terminal:
            terminal.until("captcha", "usage limits", "42 %", "58 %", "T4")
            notebooks.run(FAILING)
            frame = terminal.until("captcha", "usage limits", "The run failed")
        terminal.draw(frame, FILE, "colab-cdp-agent")
