"""Value types of ours, which read themselves from plain values."""

from pathlib import Path
from typing import Any, Protocol, Self

from colab_cdp_agent.settings.document import found


class Shaped(Protocol):
    """A value type of ours: it reads itself from what the document holds."""

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a plain value; a ValueError says what was expected and what was found."""

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe the plain value for JSON Schema."""


def parse_value(kind: Any, value: object) -> Any:
    """Read one value of a type that msgspec does not know."""
    if not issubclass(kind, Path):
        shaped: type[Shaped] = kind
        return shaped.parse(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"expected a path, found {found(value)}")
    try:
        return kind(value).expanduser()
    except RuntimeError as error:
        raise ValueError(f"expected a path, found {found(value)}: {error}") from error
