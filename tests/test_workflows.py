"""The recipes for continuous integration: what they run is what the README says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGET = re.compile(r"^([a-z]+):.*## ", re.MULTILINE)
ACTION = re.compile(r"actions/[\w-]+@v\d+")
LONGEST_MINUTES = 60

pytestmark = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


def read(file: Path) -> Any:
    return yaml.load(file.read_text("utf-8"), yaml.BaseLoader)


def steps(file: Path) -> Iterator[dict[str, Any]]:
    for job in read(file)["jobs"].values():
        yield from job["steps"]


def commands(file: Path) -> Iterator[str]:
    """Yield each command as a person types it, without what only a runner needs."""
    for step in steps(file):
        for line in step.get("run", "").splitlines():
            if not line.startswith("sudo apt-get "):
                yield line.removeprefix("xvfb-run --auto-servernum ")


def test_every_command_is_the_readmes(file: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    given = [*commands(file)]
    assert given
    assert [
        each for each in given if f"\n{each}\n" not in readme and f"`{each}`" not in readme
    ] == []


def test_every_target_of_make_is_one(file: Path) -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text("utf-8")))
    asked = {each.split()[1] for each in commands(file) if each.startswith("make ")}
    assert asked <= targets


def test_every_script_that_is_run_is_there(file: Path) -> None:
    for name in re.findall(r"scripts/\w+\.py", file.read_text("utf-8")):
        assert (ROOT / name).is_file(), name


def test_it_may_read_and_no_more_and_ends(file: Path) -> None:
    recipe = read(file)
    assert recipe["permissions"] == {"contents": "read"}
    assert recipe["concurrency"]["cancel-in-progress"] == "true"
    for job in recipe["jobs"].values():
        assert 0 < int(job["timeout-minutes"]) <= LONGEST_MINUTES
        assert "permissions" not in job
    assert "secrets." not in file.read_text("utf-8")


def test_every_action_is_a_major_version_of_githubs_own(file: Path) -> None:
    used = [step for step in steps(file) if "uses" in step]
    assert used
    for step in used:
        assert ACTION.fullmatch(step["uses"]), step["uses"]
        if step["uses"].startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"
    for step in steps(file):
        assert ("uses" in step) != ("run" in step)


def test_the_three_systems_and_the_oldest_python_are_among_them(file: Path) -> None:
    jobs = read(file)["jobs"].values()
    systems = {system for job in jobs for system in _systems(job)}
    assert systems == {"ubuntu-latest", "macos-latest", "windows-latest"}
    oldest = re.search(
        r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text("utf-8")
    )
    assert oldest is not None
    for job in jobs:
        assert job["strategy"]["matrix"]["python"] == [oldest[1], "3.x"]


def _systems(job: dict[str, Any]) -> list[str]:
    named: list[str] = job["strategy"]["matrix"].get("system", [])
    return named or [job["runs-on"]]
