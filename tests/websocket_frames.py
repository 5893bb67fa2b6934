"""The frames of one side of a WebSocket, read out of its bytes as they come."""

from collections.abc import Iterator

UPGRADE = b"upgrade: websocket"
HEAD_END = b"\r\n\r\n"
HEAD_LIMIT_BYTES = 1 << 16
TEXT = 1


class Frames:
    """Reads what one side says, from its HTTP head on; what is no WebSocket has no frames."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._upgraded = self._other = False

    @property
    def between(self) -> bool:
        """Whether a frame has just ended, or none has begun yet."""
        return self._upgraded and not self._rest

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the opcode and the body of each frame that is whole by now."""
        if self._other:
            return
        self._rest += data
        if not self._upgraded:
            head, end, rest = self._rest.partition(HEAD_END)
            self._upgraded = bool(end) and UPGRADE in head.lower()
            if not self._upgraded:
                self._other = bool(end) or len(head) > HEAD_LIMIT_BYTES
                return
            self._rest = rest
        while (frame := self._next()) is not None:
            yield frame

    def _next(self) -> tuple[int, bytes] | None:
        rest = self._rest
        if len(rest) < 2:
            return None
        masked, length, at = rest[1] >> 7, rest[1] & 0x7F, 2
        if length >= 126:
            at = 4 if length == 126 else 10
            length = int.from_bytes(rest[2:at])
        begin = at + 4 * masked
        if len(rest) < begin + length or len(rest) < begin:
            return None
        opcode, mask, body = rest[0] & 0x0F, rest[at:begin], bytes(rest[begin : begin + length])
        del rest[: begin + length]
        if masked:
            body = bytes(each ^ mask[place % 4] for place, each in enumerate(body))
        return opcode, body


def text_frame(text: bytes) -> bytes:
    """Return a text frame as a server sends it."""
    length = len(text)
    if length < 126:
        size = bytes([length])
    elif length < 1 << 16:
        size = b"\x7e" + length.to_bytes(2)
    else:
        size = b"\x7f" + length.to_bytes(8)
    return bytes([0x80 | TEXT]) + size + text
