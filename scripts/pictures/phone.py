"""The phone page, light and dark: a captcha first, then what runs, with its curve."""

import socket
from pathlib import Path
from typing import Final

from chromium import Chromium, free_port
from person import Person, eventually
from phone import Phone
from pictures.cast import agent, cast

HOST: Final = "127.0.0.1"
FILE: Final = Path("docs/pictures/phone.png")
NEEDS: Final = "gpt2-ko-pretrain"
SHOWN: Final = "llama-lora-night2"
OTHERS: Final = "vit-small-distill", "protein-embeddings"
HEIGHT: Final = 760
RUN_LIMIT_S: Final = 120.0
GAP: Final = 20
SCALE: Final = 1.5
BESIDE: Final = """\
<!doctype html><style>
body {{ margin: 0; display: flex; gap: {gap}px; background: #8a8a84 }} img {{ width: 360px }}
</style><img src="light.png"><img src="dark.png">"""


def draw(folder: Path) -> None:
    """Draw it, with a folder for what it takes."""
    port = free_port()
    config = folder / "agent.yaml"
    config.write_text(f"web: {{port: {port}}}\nawake: false\n", encoding="utf-8")
    with (
        cast(NEEDS, SHOWN, *OTHERS) as (_, chromium),
        agent(folder, "desk", chromium, "--config", str(config)),
        Chromium(["--hide-scrollbars"]) as pocket,
        Person(pocket) as person,
    ):
        eventually(lambda: _is_served(port))
        with Phone(person, pocket, f"http://{HOST}:{port}", height=HEIGHT, scale=SCALE) as phone:
            phone.shows(phone.card(NEEDS), "captcha")
            card = phone.open_card(SHOWN)
            eventually(lambda: "at least 1 min" in phone.text(card), RUN_LIMIT_S)
            phone.value("scrollTo(0, 0)")
            for scheme in ("light", "dark"):
                phone.prefer(dark=scheme == "dark")
                (folder / f"{scheme}.png").write_bytes(phone.picture())
        beside = folder / "beside.html"
        beside.write_text(BESIDE.format(gap=GAP), encoding="utf-8")
        width = 2 * 360 + GAP
        with Phone(
            person, pocket, beside.as_uri(), width=width, height=HEIGHT, scale=SCALE
        ) as both:
            both.until(
                "document.images.length === 2 && [...document.images].every(i => i.complete)"
            )
            FILE.write_bytes(both.picture())


def _is_served(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
