"""The log: structlog, configured once, for people on a terminal or as JSON for machines."""

import logging
import sys
from typing import Any, Literal

import structlog

Format = Literal["text", "json"]


class _Lines:
    """Writes each line to whatever standard error is at that moment."""

    def msg(self, line: str) -> None:
        """Write one line."""
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is the log

    debug = info = warning = error = critical = exception = msg


def configure(form: Format, *, verbose: bool) -> None:
    """Send the log to standard error; `verbose` says more than a person needs."""
    render: Any
    if form == "json":
        render = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        render = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(
                fmt="iso" if form == "json" else "%H:%M:%S", utc=form == "json"
            ),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.DEBUG if verbose else logging.INFO
        ),
        logger_factory=lambda *_names: _Lines(),
    )
    # aiomqtt and paho speak through the standard library, of what is said here already; their
    # debug lines hold frames whole, secrets too.
    level = logging.WARNING if verbose else logging.CRITICAL
    logging.basicConfig(level=level, stream=sys.stderr)
    mqtt = logging.getLogger("mqtt")
    mqtt.setLevel(level)  # aiomqtt gives its own another
    mqtt.addFilter(_without_stack)


def _without_stack(record: logging.LogRecord) -> bool:
    """Let a line pass without its stack: aiomqtt adds one to an answer whose caller has left."""
    record.exc_info = None
    return True
