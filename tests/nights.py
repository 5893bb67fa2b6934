"""A night as it is told to a journal: four notebooks, a lost runtime, a captcha, a limit, a gap."""

import asyncio
import math
import random
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from colab_cdp_agent.keep import journal_reader
from colab_cdp_agent.keep.journal import Journal, journal_path
from colab_cdp_agent.report.gather import gather
from colab_cdp_agent.report.page import page
from colab_cdp_agent.report.timeline import Span
from colab_cdp_protocols import mqtt

HOURS = 10
LONG_AGO_S = 1e12
RESNET, LLAMA, DIFFUSION, EVALUATION = "1f0c5a77e1", "2b8d90aa42", "3c61f2d8b9", "4d7e3b05c6"
TITLES = {
    RESNET: "훈련 ResNet-50 (한국어 데이터).ipynb",
    LLAMA: "llama-3 LoRA, 3rd try",
    DIFFUSION: "diffusion_unet_baseline.ipynb",
    EVALUATION: "evaluate all checkpoints",
}
OUT_OF_MEMORY = """\
  File "/content/train.py", line 212, in step
    loss.backward()
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.21 GiB. GPU 0 has a total capacity
of 14.74 GiB of which 512.12 MiB is free."""


class Teller:
    """Tells a journal what happened, in minutes after the night began."""

    def __init__(self, journal: Journal, began: datetime) -> None:
        self._journal = journal
        self._began = began
        self._random = random.Random(7)

    def at(self, minutes: float) -> datetime:
        return self._began + timedelta(minutes=minutes)

    def phase(self, session: str, minutes: float, phase: mqtt.Phase) -> None:
        connection: mqtt.Connection = "connected" if phase in {"running", "idle"} else "unknown"
        kernel: mqtt.Kernel = "busy" if phase == "running" else "unknown"
        self._journal.phase(session, self.at(minutes), phase, connection, kernel)

    def event(
        self,
        session: str,
        minutes: float,
        kind: str,
        text: str,
        severity: mqtt.Severity = "info",
        cause: str | None = None,
        evidence: str | None = None,
    ) -> None:
        unique = UUID(int=self._random.getrandbits(128)).hex
        self._journal.event(
            session,
            mqtt.Happening(unique, self.at(minutes), kind, severity, text, cause, evidence),
        )

    def duties(self, session: str, begin: int, end: int) -> None:
        for minute in range(begin + 5, end, 5):
            self.event(session, minute, "keep_alive", "clicked connect, connected")
        for minute in range(begin + 30, end, 30):
            self.event(session, minute, "clear", "cleared 5,120 lines")

    def alive(self, begin: int, end: int) -> None:
        for minute in range(begin, end + 1):
            self._journal.tick(self.at(minute))

    def loss(
        self, session: str, run: str, begin: int, end: int, floor: float, first: int = 0
    ) -> None:
        for step, minute in enumerate(range(begin, end), first):
            noise = self._random.uniform(-0.06, 0.06)
            loss = floor + 2.4 * math.exp(-step / 70) + noise * math.exp(-step / 300)
            self._journal.metric(session, run, self.at(minute), "loss", loss, step * 100)
            if step % 10 == 0:
                accuracy = 0.94 - 0.8 * math.exp(-step / 90) + noise / 6
                self._journal.metric(
                    session, run, self.at(minute), "accuracy", accuracy, step * 100
                )
                rate = 2e-4 * (1 + math.cos(math.pi * step / 420)) / 2
                self._journal.metric(session, run, self.at(minute), "lr", rate, step * 100)


def tell(journal: Journal, until: datetime) -> None:
    """Tell a journal a night that ends now, with the agent still at work."""
    teller = Teller(journal, until - timedelta(hours=HOURS))
    for session, title in TITLES.items():
        journal.session(session, title, "colab")
    journal.began(teller.at(0), "0.1.0")
    teller.alive(0, 170)
    _early_evening(journal, teller)
    journal.ended(teller.at(170))
    journal.began(teller.at(195), "0.1.0")
    teller.alive(195, HOURS * 60)
    _after_midnight(journal, teller)


def page_of_it(folder: Path, name: str, until: datetime) -> Path:
    """Tell the night to a journal in a folder, and return the file of its report."""
    kept = Journal(journal_path(folder, name), LONG_AGO_S)
    tell(kept, until)
    asyncio.run(kept.close())
    span = Span(until - timedelta(hours=HOURS), until)
    record = journal_reader.read(journal_path(folder, name), span.began)
    file = folder / "report.html"
    file.write_text(page(gather(record, name, span, {})), encoding="utf-8")
    return file


def _early_evening(journal: Journal, teller: Teller) -> None:
    for session, phase in zip(TITLES, ("idle", "running", "running", "idle"), strict=True):
        teller.phase(session, 0.2, phase)  # type: ignore[arg-type] # of the literal's values
    teller.phase(RESNET, 4, "running")
    journal.run_began(RESNET, "r1", teller.at(4), "cell-a1")
    journal.run_began(LLAMA, "l1", teller.at(1), "cell-b7")
    journal.run_began(DIFFUSION, "d1", teller.at(1), "cell-c2")
    teller.loss(RESNET, "r1", 4, 170, 0.3)
    teller.loss(DIFFUSION, "d1", 1, 92, 0.5)
    teller.duties(RESNET, 4, 170)
    teller.duties(LLAMA, 1, 170)
    teller.duties(DIFFUSION, 1, 92)
    teller.phase(DIFFUSION, 92, "idle")
    cause = "The GPU ran out of memory."
    journal.run_ended(
        DIFFUSION, "d1", teller.at(92), "failed", cause, OUT_OF_MEMORY,
        mqtt.Progress(fraction=0.22, step=9_000, total=40_000, epoch=9, epochs=40), 18_230,
    )  # fmt: skip
    journal.attention_began(DIFFUSION, "run_failed", teller.at(92), "d1")
    teller.event(DIFFUSION, 92, "run_failed", "The last run failed.", "alert", cause, OUT_OF_MEMORY)


def _after_midnight(journal: Journal, teller: Teller) -> None:
    for session, phase in ((RESNET, "running"), (LLAMA, "running"), (DIFFUSION, "idle")):
        teller.phase(session, 195.1, phase)  # type: ignore[arg-type] # of the literal's values
    teller.phase(EVALUATION, 195.1, "idle")
    journal.run_began(RESNET, "r1", teller.at(195), "cell-a1")
    journal.run_began(LLAMA, "l1", teller.at(195), "cell-b7")
    teller.loss(RESNET, "r1", 195, 420, 0.3, first=166)
    teller.duties(RESNET, 195, 420)
    teller.duties(LLAMA, 195, 312)
    _lost(journal, teller)
    _captcha(journal, teller)
    journal.run_ended(
        RESNET, "r1", teller.at(420), "finished", None, None,
        mqtt.Progress(
            fraction=1.0, step=39_100, total=39_100, epoch=40, epochs=40,
            metrics={"loss": 0.301, "best": 0.297},
        ), 61_402,
    )  # fmt: skip
    teller.phase(RESNET, 420, "idle")
    teller.event(RESNET, 420, "run_finished", "The run finished.")
    teller.phase(RESNET, 560, "running")
    journal.run_began(RESNET, "r2", teller.at(560), "cell-a2")
    teller.loss(RESNET, "r2", 560, 599, 0.28)
    teller.duties(RESNET, 560, 599)


def _lost(journal: Journal, teller: Teller) -> None:
    teller.phase(LLAMA, 312, "reconnecting")
    teller.event(LLAMA, 312, "disconnected", "The runtime is disconnected.", "alert")
    for minute in (312.1, 312.6, 313.5):
        teller.event(LLAMA, minute, "reconnect", "still not connected after 20 s", "warning")
    teller.phase(LLAMA, 316, "limited")
    text = "Colab refuses a runtime because of its usage limits."
    evidence = "Dialog: “Cannot connect to GPU backend”"
    teller.event(LLAMA, 316, "usage_limit", text, "alert", "usage limit", evidence)
    journal.limit(teller.at(316), LLAMA, "usage_limit", text, "A100", 3, 315 * 60)
    journal.run_ended(
        LLAMA, "l1", teller.at(316), "lost", "The runtime was taken back.", evidence,
        mqtt.Progress(step=5_210, total=12_000, fraction=0.434), 9_120,
    )  # fmt: skip
    journal.limit_lifted(teller.at(540), LLAMA, "usage_limit")
    teller.event(LLAMA, 540, "usage_limit", f"Over: {text}")
    teller.phase(LLAMA, 540, "ended")


def _captcha(journal: Journal, teller: Teller) -> None:
    teller.phase(EVALUATION, 205, "running")
    journal.run_began(EVALUATION, "e1", teller.at(205), "cell-d1")
    teller.duties(EVALUATION, 205, 338)
    teller.phase(EVALUATION, 338, "needs_you")
    text = "Colab shows a captcha: solve it in the tab."
    journal.attention_began(EVALUATION, "captcha", teller.at(338), "e-captcha")
    teller.event(EVALUATION, 338, "captcha", text, "alert")
