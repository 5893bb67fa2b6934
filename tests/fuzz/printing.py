"""What a notebook prints: folded as a terminal does, and read for how far a run is."""

import json
from datetime import UTC, datetime

import recorded
from colab_cdp_agent.keep.fold import Screen, inert
from colab_cdp_agent.keep.mark import guarded, printed
from colab_cdp_agent.printable import printable
from colab_cdp_agent.watch.progress import Feed, ProgressReader
from colab_cdp_protocols import mqtt
from fuzz.target import Target, encoded
from hostile import steering

NOW = datetime(2026, 11, 25, 22, tzinfo=UTC)
LINES_KEPT = 40


def printed_pieces() -> list[str]:
    """Return pieces of what libraries really printed."""
    rows = [row for path in recorded.PRINTED for row in path.read_text("utf-8").splitlines()[1:]]
    texts = [json.loads(row).get("text", "") for row in rows]
    quoted = [path.read_text("utf-8") for path in recorded.QUOTED]
    return [*texts[:: max(1, len(texts) // LINES_KEPT)], *quoted]


PIECES = printed_pieces()


def read_progress(text: bytes) -> None:
    """Read what was printed as a run's progress."""
    reader = ProgressReader([r"at (?P<step>\d+) of (?P<total>\d+)"])
    feed = Feed(reader)
    feed.begin()
    for second, piece in enumerate(text.decode(errors="replace").split("\0")):
        feed.take("stdout", piece, float(second))
    feed.flush()
    progress = reader.progress(9.0, NOW)
    assert progress.fraction is None or 0 <= progress.fraction <= 1
    assert b"NaN" not in mqtt.encode(progress)


def fold(text: bytes) -> None:
    """Fold what was printed, in both ways, and keep it."""
    stream = text.decode(errors="replace")
    for ansi in ("strip", "keep"):
        screen = Screen(ansi)
        rows = [row for piece in stream.split("\0") for row in screen.write(piece)]
        lines = [row.shown() for row in (*rows, *screen.end())]
        assert ansi == "keep" or not any("\x1b" in line for line in lines)
        for line in lines:
            assert printed(guarded(line)) == inert(line)
            assert steering(printable(line), allowed="") == ""


TARGETS = (
    Target("progress", read_progress, encoded(PIECES)),
    Target("fold", fold, encoded(PIECES)),
)
