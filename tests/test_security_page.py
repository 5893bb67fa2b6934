"""docs/security.md claims nothing that no test holds, and leaves out no dependency."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
DEPENDENCY = re.compile(r"^\| `([\w-]+)` \| (\S+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
FEWEST_CLAIMS = 30


def test_every_test_that_the_page_names_is_there() -> None:
    named = TEST.findall(PAGE)
    assert len(named) >= FEWEST_CLAIMS
    assert PAGE.count("`tests/") == len(named), "one is named in another way"
    missing = [(file, test) for file, test in named if test not in functions_in(ROOT / file)]
    assert missing == []


def functions_in(file: Path) -> set[str]:
    """Return the names of the functions of a file of tests; of a file that is not there, none."""
    if not file.is_file():
        return set()
    return {
        each.name
        for each in ast.parse(file.read_text("utf-8")).body
        if isinstance(each, ast.FunctionDef)
    }


def test_the_page_lists_the_dependencies_and_no_others() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [re.split(r"[<>=\[; ]", each, maxsplit=1)[0] for each in project["dependencies"]]
    assert [name for name, *_ in DEPENDENCY.findall(PAGE)] == wanted
