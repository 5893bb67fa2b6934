"""The keys written out: as plain values, as a commented file, as a table and as JSON Schema.

`python -m colab_cdp_agent.settings.reference` writes them into the checkout it is started in.
"""

import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import Struct, inspect, structs

from colab_cdp_agent.settings.names import UsualPort
from colab_cdp_agent.settings.secret import Secret
from colab_cdp_agent.settings.shape import json_schema
from colab_cdp_agent.settings.tree import Config
from colab_cdp_agent.settings.units import Duration, Size

SCHEMA_FILE = "agent.schema.json"
WIDTH = 100
TABLE_BEGIN = "<!-- keys: begin, written by colab_cdp_agent.settings.reference -->"
TABLE_END = "<!-- keys: end -->"


@dataclass(frozen=True, slots=True)
class Key:
    """One key with its default as a person writes it; a group of keys has none."""

    path: tuple[str, ...]
    default: str | None
    meaning: str


def plain(value: object) -> Any:
    """Return values as a file holds them: durations and sizes with units, secrets as ***."""
    match value:
        case Struct():
            return {name: plain(item) for name, item in structs.asdict(value).items()}
        case tuple():
            return [plain(item) for item in value]
        case Duration() | Size() | Path() | Secret():
            return str(value)
        case str():
            return str(value)
        case UsualPort():
            return int(value)
        case _:
            return value


def keys(kind: type[Struct] = Config, above: tuple[str, ...] = ()) -> Iterator[Key]:
    """Yield every key of the tree in the order of the file."""
    defaults = kind()
    for field in _fields(kind):
        path = (*above, field.name)
        group = _group(field.type)
        if group is not None:
            yield Key(path, None, (group.__doc__ or "").strip())
            yield from keys(group, path)
        else:
            default = written(plain(getattr(defaults, field.name)))
            yield Key(path, default, _meaning(field.type))


def written(value: object) -> str:
    """Write one plain value as YAML on one line."""
    if isinstance(value, list):
        return f"[{', '.join(written(item) for item in value)}]"
    return value if isinstance(value, str) else json.dumps(value)


def schema() -> dict[str, Any]:
    """Describe the configuration file for an editor, with every default as a person writes it."""
    described = json_schema(Config)
    for kind in _structs(Config):
        properties = described["$defs"][kind.__name__]["properties"]
        for name, value in plain(kind()).items():
            if not isinstance(value, dict):
                properties[name]["default"] = value
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "colab-cdp-agent configuration",
        **described,
    }


def commented_file() -> str:
    """Write the defaults as a YAML file, each key under its meaning."""
    lines = [f"# yaml-language-server: $schema={SCHEMA_FILE}"]
    for key in keys():
        depth = len(key.path) - 1
        indent = "  " * depth
        if depth == 0 or key.default is None:
            lines.append("")
        lines += textwrap.wrap(
            key.meaning.replace("`", ""),
            WIDTH,
            initial_indent=f"{indent}# ",
            subsequent_indent=f"{indent}# ",
        )
        lines.append(
            f"{indent}{key.path[-1]}:" + ("" if key.default is None else f" {key.default}")
        )
    return "\n".join(lines) + "\n"


def table() -> str:
    """Write the keys as a Markdown table."""
    rows = ["| key | default | meaning |", "|---|---|---|"]
    rows += [
        f"| `{'.'.join(key.path)}` | `{key.default}` | {key.meaning} |"
        for key in keys()
        if key.default is not None
    ]
    return "\n".join(rows) + "\n"


def _structs(kind: type[Struct]) -> Iterator[type[Struct]]:
    yield kind
    for field in _fields(kind):
        if (group := _group(field.type)) is not None:
            yield from _structs(group)


def _group(node: inspect.Type) -> type[Struct] | None:
    """Return the struct that stands at a place, or may; None where none does."""
    if isinstance(node, inspect.UnionType):
        return next(filter(None, map(_group, node.types)), None)
    return node.cls if isinstance(node, inspect.StructType) else None


def _meaning(node: inspect.Type) -> str:
    if isinstance(node, inspect.Metadata) and node.extra_json_schema:
        return str(node.extra_json_schema["description"])
    raise TypeError(f"{node} has no description")


def _fields(kind: type[Struct]) -> tuple[inspect.Field, ...]:
    node = inspect.type_info(kind)
    if isinstance(node, inspect.StructType):
        return node.fields
    raise TypeError(f"{kind} is no struct")


def write(root: Path) -> None:
    """Write configs/agent.yaml, its schema and the table of docs/configuration.md anew."""
    (root / "configs" / "agent.yaml").write_text(commented_file(), "utf-8", newline="\n")
    described = json.dumps(schema(), indent=2) + "\n"
    (root / "configs" / SCHEMA_FILE).write_text(described, "utf-8", newline="\n")
    page = root / "docs" / "configuration.md"
    before, _, rest = page.read_text("utf-8").partition(TABLE_BEGIN)
    after = rest.partition(TABLE_END)[2]
    page.write_text(f"{before}{TABLE_BEGIN}\n{table()}{TABLE_END}{after}", "utf-8", newline="\n")


if __name__ == "__main__":
    write(Path.cwd())
