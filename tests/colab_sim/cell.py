"""A code cell as the server keeps it, so that a page that loads again shows what was there."""

import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast

from colab_sim.frames import Message

CellState: TypeAlias = Literal["idle", "running", "pending", "ok", "failed"]
Where: TypeAlias = Literal["page", "frame"]


@dataclass
class Text:
    """Streamed text: the newest lines of it, and the unfinished last one."""

    where: Where
    limit: int | None
    _lines: deque[str] = field(init=False)
    _rest: str = ""

    def __post_init__(self) -> None:
        # One line more than the limit, so that the page still sees that lines are missing.
        self._lines = deque(maxlen=None if self.limit is None else self.limit + 1)

    def append(self, text: str) -> None:
        """Add text as it came; a line that overwrote itself keeps its last state."""
        *lines, rest = (self._rest + text.replace("\r\n", "\n")).split("\n")
        self._lines.extend(lines)
        self._rest = rest[rest.rindex("\r") :] if "\r" in rest.rstrip("\r") else rest

    def as_json(self) -> Message:
        """Return what the page needs to show it."""
        text = "".join(f"{line}\n" for line in self._lines) + self._rest
        return {"kind": "stream", "where": self.where, "text": text}


@dataclass
class Cell:
    """One code cell: its source, how its last run went, and its outputs."""

    source: str
    output_limit: int | None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(9).replace("-", "x"))
    state: CellState = "idle"
    count: int | None = None
    stale: bool = True
    _outputs: list[Text | Message] = field(default_factory=list)
    question: Message | None = None
    _clear_on_next: bool = False

    def print(self, text: str, where: Where) -> None:
        """Add streamed text to the output."""
        self._make_room()
        last = self._outputs[-1] if self._outputs else None
        if not isinstance(last, Text) or last.where != where:
            last = Text(where, self.output_limit)
            self._outputs.append(last)
        last.append(text)

    def show(self, kind: Literal["html", "error"], text: str) -> None:
        """Add an output that the page shows in its frame."""
        self._make_room()
        self._outputs.append({"kind": kind, "where": "frame", "text": text})

    def clear(self) -> None:
        """Drop the output."""
        self._outputs.clear()
        self._clear_on_next = False

    def _make_room(self) -> None:
        if self._clear_on_next:
            self.clear()

    def hear(self, message: Message) -> None:
        """Apply what the kernel says about this cell's run."""
        content = message["content"]
        match message["header"]["msg_type"]:
            case "status" if content["execution_state"] == "busy":
                self.state, self.stale = "running", False
            case "status" if content["execution_state"] == "idle":
                self.question = None
                self.state = "ok" if self.state == "running" else self.state
            case "input_request":
                self.question = content
            case "execute_input":
                self.count = cast(int, content["execution_count"])
            case "stream":
                self.print(content["text"], "page")
            case "error":
                self.state = "failed"
                self.show("error", "\n".join(content["traceback"]) + "\n")
            case "execute_result" | "display_data":
                self._data(content["data"])
            case "clear_output" if content["wait"]:
                self._clear_on_next = True
            case "clear_output":
                self.clear()

    def _data(self, data: dict[str, str]) -> None:
        if "text/html" in data:
            self.show("html", data["text/html"])
        else:
            self.print(data.get("text/plain", "") + "\n", "page")

    def as_json(self, *, outputs: bool) -> Message:
        """Return what the page needs to show the cell, with or without its outputs."""
        plain: Message = {
            "id": self.id,
            "source": self.source,
            "state": self.state,
            "count": self.count,
            "stale": self.stale,
        }
        if outputs:
            plain["outputs"] = [
                output.as_json() if isinstance(output, Text) else output for output in self._outputs
            ]
        return plain
