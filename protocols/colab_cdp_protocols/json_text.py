"""JSON text as browsers and kernels really write it: not every one is well-formed Unicode.

JavaScript and Python allow half of a UTF-16 pair in a text; JSON then carries it as an escape, or
as a byte that is no UTF-8. One such character must not cost the frame that it stands in.
"""

import re
from typing import TypeVar

import msgspec

T = TypeVar("T")

# An escaped UTF-16 pair, (as group 1) a half of one that stands alone, any other escape.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(u[dD][89a-fA-F][\da-fA-F]{2})|.)"
)


def decode(text: str | bytes | msgspec.Raw, shape: type[T]) -> T:
    """Return the JSON as a value of the type; a character that is none is read as U+FFFD.

    Raises:
        msgspec.DecodeError: the text is no JSON, or JSON of another shape.
        RecursionError: it is nested too deep.

    """
    try:
        return msgspec.json.decode(text, type=shape)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeError):
        return msgspec.json.decode(_well_formed(text), type=shape)


def _well_formed(text: str | bytes | msgspec.Raw) -> str:
    if isinstance(text, str):
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    else:
        whole = bytes(text).decode(errors="replace")
    return _ESCAPE.sub(lambda escape: r"\ufffd" if escape[1] else escape[0], whole)
