"""YAML text → plain values with their line numbers, and from there into frozen structs.

Values are read as YAML 1.2 means them: only true and false are booleans (`on` is a key like any
other), and `22:00`, dates and `007` are text. Keys are always text. Anchors, aliases and tags are
refused.
"""

import codecs
import re
from pathlib import Path
from typing import Any, Final

import yaml
from yaml.composer import ComposerError

from colab_cdp_agent.settings.document import ConfigError, Document, KeyPath
from colab_cdp_agent.settings.shape import convert

__all__ = ["ConfigError", "Document", "KeyPath", "convert", "load", "parse"]

MOST_BYTES: Final = 1_000_000
MOST_NESTED: Final = 40
UTF_16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

NULLS: Final = ("", "~", "null", "Null", "NULL")
TRUE: Final = ("true", "True", "TRUE")
FALSE: Final = ("false", "False", "FALSE")
INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
EXPONENT: Final = r"[eE][-+]?[0-9]{1,2}"
FLOAT: Final = re.compile(
    rf"[-+]?((0|[1-9][0-9]{{0,17}})?\.[0-9]{{1,18}}({EXPONENT})?|[1-9][0-9]{{0,17}}{EXPONENT})"
)
HALF_PAIR: Final = re.compile("[\ud800-\udfff]")


class _Composer(yaml.SafeLoader):
    """PyYAML's safe loader as far as the node tree, without what this format has no use for."""

    nested = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            problem = "aliases and anchors are refused; a text that begins with * or & needs quotes"
        elif getattr(event, "tag", None) is not None:
            problem = "tags are refused; a text that begins with ! needs quotes"
        elif self.nested >= MOST_NESTED:
            problem = f"nested more than {MOST_NESTED} levels deep"
        else:
            self.nested += 1
            node = super().compose_node(parent, index)
            self.nested -= 1
            return node
        raise ComposerError(None, None, problem, event.start_mark)


def load(path: Path, remedy: str = "check the path") -> Document:
    """Read a YAML file; a ConfigError says what is wrong with it, and where."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError(f"there is no such file; {remedy}", source=str(path)) from error
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}; {remedy}", source=str(path)
        ) from error
    if len(content) > MOST_BYTES:
        raise ConfigError(f"larger than {MOST_BYTES:,} bytes", source=str(path))
    encoding = "utf-16" if content.startswith(UTF_16_MARKS) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = "not UTF-8 text; save the file as UTF-8"
        raise ConfigError(problem, source=str(path), line=line) from error
    return parse(text, str(path))


def parse(text: str, source: str) -> Document:
    """Read YAML text; a ConfigError says what is wrong with it, and where."""
    if len(text) > MOST_BYTES:
        raise ConfigError(f"larger than {MOST_BYTES:,} characters", source=source)
    node = _compose(text, source)
    lines: dict[KeyPath, int] = {}
    value = None if node is None else _Reading(source, lines).value(node, ())
    return Document(source, value, lines)


def _compose(text: str, source: str) -> yaml.Node | None:
    """Return the node tree; PyYAML's errors leave as ours."""
    try:
        loader = _Composer(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = ": ".join(part for part in (error.context, error.problem) if part)
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        problem = f"not valid YAML: {problem}"
        # Not "from error": PyYAML's own text holds an excerpt of the line, which may be a password.
        raise ConfigError(problem, source=source, line=line, column=column) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        column = len(before) - before.rfind("\n")
        problem = f"not valid YAML: the character U+{error.character:04X} is not allowed"
        line = before.count("\n") + 1
        raise ConfigError(problem, source=source, line=line, column=column) from error
    except (ValueError, OverflowError) as error:
        # PyYAML passes on what chr() and int() think of an escape or a version number.
        raise ConfigError(f"not valid YAML: {error}", source=source) from error


class _Reading:
    """One walk from nodes to plain values, noting each line."""

    def __init__(self, source: str, lines: dict[KeyPath, int]) -> None:
        self._source = source
        self._lines = lines

    def value(self, node: yaml.Node, key: KeyPath) -> object:
        """Return the node's plain value, and note the lines of all that it holds."""
        self._lines.setdefault(key, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, key)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*key, index)) for index, item in enumerate(node.value)]
        mapping: dict[str, object] = {}
        for name_node, item in node.value:
            name = self._name(name_node, key)
            place = (*key, name)
            line = name_node.start_mark.line + 1
            if name in mapping:
                raise self._fault(
                    f"the key stands in line {self._lines[place]} already", place, line
                )
            self._lines[place] = line
            mapping[name] = self.value(item, place)
        return mapping

    def _name(self, node: yaml.Node, key: KeyPath) -> str:
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.ScalarNode):
            raise self._fault("a key must be a plain text", key, line)
        return self._text(node, key)

    def _scalar(self, node: yaml.ScalarNode, key: KeyPath) -> object:
        text = self._text(node, key)
        if node.style is not None:
            return text
        if text in NULLS:
            return None
        if text in TRUE or text in FALSE:
            return text in TRUE
        if INTEGER.fullmatch(text):
            return int(text)
        return float(text) if FLOAT.fullmatch(text) else text

    def _text(self, node: yaml.ScalarNode, key: KeyPath) -> str:
        text: str = node.value
        if HALF_PAIR.search(text):
            problem = "half of a UTF-16 pair is no character"
            raise self._fault(problem, key, node.start_mark.line + 1)
        return text

    def _fault(self, problem: str, key: KeyPath, line: int) -> ConfigError:
        return ConfigError(problem, source=self._source, line=line, key=key)
