"""What a type allows at a place: its keys, its choices, and whether a secret lies there."""

from collections.abc import Iterator
from enum import Enum
from typing import Any

from msgspec import inspect

from colab_cdp_agent.settings.document import KeyPath


class Place:
    """Everything that a type allows under one key path."""

    def __init__(self, kind: Any, key: KeyPath) -> None:
        nodes = [*_alternatives(inspect.type_info(kind))]
        for step in key:
            nodes = [below for node in nodes for below in _below(node, step)]
        self._nodes = nodes

    def keys(self) -> list[str]:
        """Name the keys that are known here."""
        structs = (node for node in self._nodes if isinstance(node, inspect.StructType))
        return [field.encode_name for struct in structs for field in struct.fields]

    def choices(self) -> list[str]:
        """Name the only values that are allowed here; nothing where any of a kind will do."""
        named: list[str] = []
        for node in self._nodes:
            if isinstance(node, inspect.LiteralType):
                named += [str(value) for value in node.values]
            elif isinstance(node, inspect.EnumType):
                named += [str(member.value) for member in node.cls if isinstance(member, Enum)]
        return named

    def hides(self) -> bool:
        """Say whether what stands here, or below, must not be shown."""
        return any(_hides(node, set()) for node in self._nodes)


def _alternatives(node: Any) -> Iterator[Any]:
    if isinstance(node, inspect.Metadata):
        yield from _alternatives(node.type)
    elif isinstance(node, inspect.UnionType):
        for member in node.types:
            yield from _alternatives(member)
    else:
        yield node


def _below(node: Any, step: str | int) -> Iterator[Any]:
    if isinstance(node, inspect.StructType):
        for field in node.fields:
            if field.encode_name == step:
                yield from _alternatives(field.type)
    elif isinstance(node, inspect.DictType):
        yield from _alternatives(node.value_type)
    elif isinstance(node, inspect.TupleType) and isinstance(step, int):
        yield from _alternatives(node.item_types[step])
    elif hasattr(node, "item_type"):
        yield from _alternatives(node.item_type)


def _hides(node: Any, seen: set[type]) -> bool:
    if isinstance(node, inspect.CustomType):
        return bool(getattr(node.cls, "hidden", False))
    if isinstance(node, inspect.StructType):
        if node.cls in seen:
            return False
        below = [field.type for field in node.fields]
        seen = seen | {node.cls}
    elif isinstance(node, inspect.DictType):
        below = [node.value_type]
    elif isinstance(node, inspect.TupleType):
        below = [*node.item_types]
    else:
        below = [node.item_type] if hasattr(node, "item_type") else []
    return any(_hides(found, seen) for child in below for found in _alternatives(child))
