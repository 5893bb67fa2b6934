"""Fits plain values into frozen structs; every misfit is a sentence with its place."""

from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import msgspec

from colab_cdp_agent.settings.document import Document, found

T = TypeVar("T")


class Shaped(Protocol):
    """A value type of ours: it reads itself from what the document holds."""

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a plain value; a ValueError says what was expected and what was found."""

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe the plain value for JSON Schema."""


def convert(document: Document, kind: type[T]) -> T:
    """Return the document as a `kind`; a ConfigError names file, line, key and the misfit."""
    try:
        return msgspec.convert(document.value, kind, dec_hook=parse_value)
    except msgspec.ValidationError as error:
        from colab_cdp_agent.settings.misfit import explained  # noqa: PLC0415 - errors only

        raise explained(document, kind, error) from error


def json_schema(kind: type) -> dict[str, Any]:
    """Describe a struct for an editor."""
    return msgspec.json.schema(kind, schema_hook=_schema_of)


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


def _schema_of(kind: Any) -> dict[str, Any]:
    if issubclass(kind, Path):
        return {"type": "string", "minLength": 1}
    shaped: type[Shaped] = kind
    return shaped.json_schema()
