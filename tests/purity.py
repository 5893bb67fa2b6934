"""Which tests are pure: values in, values out, the same on every system.

No list has to be kept: it is those whose module, and whatever helpers it imports, have nothing to
do with processes, sockets, threads, signals or an event loop.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
IMPURE = frozenset(
    {
        "aiohttp", "aiomqtt", "aiosmtpd", "asyncio", "colab_sim", "ctypes", "http", "jeepney",
        "jupyter_client", "multiprocessing", "paho", "psutil", "pychrome", "shutil", "signal",
        "socket", "sqlite3", "ssl", "subprocess", "threading", "urllib", "venv", "websockets",
    }
)  # fmt: skip


def is_pure(path: Path) -> bool:
    """Return whether a file of the tests, and every helper that it imports, is pure."""
    waiting, seen = [path], set[Path]()
    while waiting:
        file = waiting.pop()
        seen.add(file)
        names = _imported(file)
        if {name.partition(".")[0] for name in names} & IMPURE:
            return False
        helpers = {TESTS.joinpath(*name.split(".")).with_suffix(".py") for name in names}
        waiting += [each for each in helpers - seen if each.exists()]
    return True


@cache
def _imported(path: Path) -> frozenset[str]:
    """Return what a file imports, by dotted names: modules, and what may be one in them."""
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(name for node in ast.walk(tree) for name in _names(node))


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{name.name}" for name in node.names)
