"""The log: structlog, configured once, for people on a terminal or as JSON for machines."""

import json
import logging
import sys
from typing import Any, Literal

import structlog
from structlog.typing import EventDict

from colab_cdp_agent.printable import printable, printable_json, printable_lines

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
        render = structlog.processors.JSONRenderer(_json)
    else:
        render = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(
                fmt="iso" if form == "json" else "%H:%M:%S", utc=form == "json"
            ),
            structlog.processors.format_exc_info,
            *([] if form == "json" else [_printable]),
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
    logging.basicConfig(level=level, handlers=[_library_handler()])
    mqtt = logging.getLogger("mqtt")
    mqtt.setLevel(level)  # aiomqtt gives its own another
    mqtt.addFilter(_without_stack)


def _printable(_logger: object, _level: str, said: EventDict) -> EventDict:
    """Return what is said without what could steer a terminal: much of it others wrote."""
    return {
        key: (printable_lines if key == "exception" else printable)(value)
        if isinstance(value, str)
        else value
        for key, value in said.items()
    }


def _json(said: EventDict, **options: Any) -> str:
    return printable_json(json.dumps(said, ensure_ascii=False, **options))


class _PrintableFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return printable_lines(super().format(record))


def _library_handler() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_PrintableFormatter(logging.BASIC_FORMAT))
    return handler


def _without_stack(record: logging.LogRecord) -> bool:
    """Let a line pass without its stack: aiomqtt adds one to an answer whose caller has left."""
    record.exc_info = None
    return True
