"""Inputs of a target, as hypothesis draws them: damaged seeds, nested ones, and any bytes."""

from hypothesis import strategies as st

from fuzz.target import Target
from hostile import ATTACKS

DEPTH = 20_000
NESTED = tuple(
    before + opening * DEPTH
    for opening in (b"[", b'{"a":', b'[{"a":', b"(", b"- ", b"{a: ", b"\x1b[", b"\x9d")
    for before in (b"", b'{"header":', b'{"id":1,"result":', b'{"args":', b'{"msg_id":')
)
"""What is nested deeper than any reader goes."""
PIECES = (
    b"", b"\0", b"\xff\xfe", b"\xed\xa0\xbd", b"\xc2\x9b", b"\r\n", b"NaN", b"1e999", b"-1",
    b"9" * 5000, b"null", b"[]", b"{}", b'""', b"\\ud83d",
    *(attack.encode() for attack in ATTACKS.values()),
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, target: Target) -> bytes:
    """Draw a seed that was cut, overwritten, doubled or mended with a piece of something else."""
    data = draw(st.sampled_from(target.seeds))
    for _ in range(draw(st.integers(1, 4))):
        begin, end = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
        other = draw(st.sampled_from(target.seeds))
        new = draw(st.sampled_from((*PIECES, other[begin:end], data[begin:end] * 2)))
        data = data[:begin] + (new or draw(st.binary(max_size=8))) + data[end:]
    return data


def inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Return what a target is tried on."""
    return damaged(target) | st.binary(max_size=200)
