"""Fits plain values into frozen structs; every misfit is a sentence with its place."""

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from colab_cdp_agent.settings.document import Document
from colab_cdp_agent.settings.shaped import Shaped, parse_value

T = TypeVar("T")


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


def _schema_of(kind: Any) -> dict[str, Any]:
    if issubclass(kind, Path):
        return {"type": "string", "minLength": 1}
    shaped: type[Shaped] = kind
    return shaped.json_schema()
