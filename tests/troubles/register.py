"""Which sentence of docs/troubleshooting.md is said by what: the table of reproducers.

A reproducer brings the trouble about, and returns what the program said of it.
"""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from structlog.testing import capture_logs

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
LIMIT_S = 60.0

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """Where a trouble is brought about: a folder of its own, and what undoes every patch."""

    folder: Path
    patch: pytest.MonkeyPatch


Reproducer = Callable[[Place], str]
REPRODUCED: dict[str, Reproducer] = {}
"""Every sentence that a reproducer brings about, as it stands in the page."""


def says(*sentences: str) -> Callable[[Reproducer], Reproducer]:
    """Put a reproducer of these sentences into the table."""

    def put(reproducer: Reproducer) -> Reproducer:
        for sentence in sentences:
            assert sentence not in REPRODUCED, f"reproduced twice: {sentence}"
            REPRODUCED[sentence] = reproducer
        return reproducer

    return put


def documented() -> list[str]:
    """Return what the page says that the program says: its quotes, and its archive's marks."""
    page = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^>.*\n?)+", page, re.MULTILINE)
    quotes = (re.sub(r"^> ?", "", each, flags=re.MULTILINE) for each in blocks)
    marks = re.findall(r"^\| `(.*?)` \|", page, re.MULTILINE)
    return [*(" ".join(each.split()) for each in quotes), *marks]


def fits(sentence: str, said: str) -> bool:
    """Say whether a sentence stands in what was said; `…` is anything, and 9222 any port."""
    words = " ".join(said.split())
    anything = re.escape(sentence.strip("… ")).replace("…", ".+").replace("9222", r"\d+")
    return re.search(anything, words) is not None


def logged(work: Callable[[], object]) -> str:
    """Return what was logged while something was done, line by line."""
    with capture_logs() as lines:
        work()
    return "\n".join(" ".join(map(str, line.values())) for line in lines)


def played(story: Awaitable[T]) -> T:
    """Return what a coroutine returns, within a minute."""

    async def limited() -> T:
        async with asyncio.timeout(LIMIT_S):
            return await story

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(limited())


def begun_with(change: str) -> tuple[str, ...]:
    """Return a command that is the agent's, once something in it was changed."""
    run = "from colab_cdp_agent.__main__ import main; raise SystemExit(main())"
    return (sys.executable, "-c", f"{change}; {run}")


def error_of(work: Callable[[], object], kind: type[Exception] = Exception) -> str:
    """Return the sentence, and the remedy if it has one, with which something fails."""
    with pytest.raises(kind) as raised:
        work()
    remedy = getattr(raised.value, "remedy", "")
    return f"{raised.value}\n{remedy}"
