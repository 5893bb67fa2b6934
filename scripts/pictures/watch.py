"""What `watch` shows of three agents: who needs a person, what runs, and one that is offline."""

from contextlib import ExitStack
from pathlib import Path
from typing import Final

from command import COMMAND, environment
from mosquitto import HOST, Mosquitto
from pictures.cast import agent, cast
from pictures.pseudo_terminal import PseudoTerminal

FILE: Final = Path("docs/pictures/watch.svg")
WIDTH: Final = 120
LAPTOP: Final = "llama-lora-night2", "unet-segmentation", "protein-embeddings"
TOWER: Final = "whisper-ko-finetune", "vit-small-distill", "tokenizer-32k"
OLD_MAC: Final = ("resnet50-food101",)
FALLEN: Final = "▂▂▁▁"


def draw(folder: Path) -> None:
    """Draw it, with a folder for what it takes."""
    config = folder / "agents.yaml"
    config.write_text("web: {on: false}\nawake: false\n", encoding="utf-8")
    with ExitStack() as on:
        broker = on.enter_context(Mosquitto(folder))
        where = ["--mqtt", f"mqtt://{HOST}:{broker.port}"]
        for name, notebooks in (("laptop", LAPTOP), ("tower", TOWER)):
            _, chromium = on.enter_context(cast(*notebooks))
            on.enter_context(agent(folder, name, chromium, *where, "--config", str(config)))
        _, chromium = on.enter_context(cast(*OLD_MAC))
        command = [*COMMAND, "watch", *where]
        with agent(folder, "old-mac", chromium, *where, "--config", str(config)):
            watch = on.enter_context(PseudoTerminal(command, environment(folder), WIDTH))
            watch.until("87%", "captcha", "usage limits", "connecting")
        frame = watch.until("was running", "captcha", "usage limits", "connecting", FALLEN)
        watch.draw(frame, FILE, "colab-cdp-agent watch")
