"""Texts that never show themselves."""

import hmac
import re
from typing import Any, ClassVar, Final, Self

SHOWN: Final = "***"


class Secret:
    """A text that only `reveal()` hands out; printing and logging it show nothing."""

    __slots__ = ("_text",)
    hidden: ClassVar[bool] = True
    expected: ClassVar[str] = "text (a number needs quotes)"
    pattern: ClassVar[str] = r"[\s\S]+"

    def __init__(self, text: str) -> None:
        self._text = text

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a secret; anything unfit is a ValueError that does not repeat it."""
        if isinstance(value, str) and re.fullmatch(cls.pattern, value):
            return cls(value)
        raise ValueError(f"expected {cls.expected}; what was found is not shown here")

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe the text for JSON Schema."""
        return {"type": "string", "pattern": f"^{cls.pattern}$"}

    def reveal(self) -> str:
        """Return the text itself, for the one place that needs it."""
        return self._text

    def __repr__(self) -> str:
        return SHOWN

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)


class CommandKey(Secret):
    """The key that signs commands."""

    __slots__ = ()
    expected = "a key of at least 16 characters"
    pattern = r"[\s\S]{16,}"


class PushUrl(Secret):
    """A push channel's Apprise URL, which carries its token."""

    __slots__ = ()
    expected = "an Apprise URL such as ntfy://my-topic"
    pattern = r"[a-zA-Z0-9+.-]+://\S+"

    @property
    def channel(self) -> str:
        """Name the channel without its token: `ntfy`, `tgram`."""
        return self.reveal().partition(":")[0]
