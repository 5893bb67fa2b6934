"""What is built and installed, far from the checkout: all of the agent is there, and runs."""

import json
import re
import signal
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from chromium import free_port
from colab_cdp_agent import __version__
from command import Command, run
from environments import Environment, make_environment

ROOT = Path(__file__).parents[1]
CARRIED = {
    "configs": "colab_cdp_agent/configs",
    "agent/colab_cdp_agent/watch/scripts": "colab_cdp_agent/watch/scripts",
    "tests/colab_sim": "colab_sim",
    "agent/colab_cdp_agent/tell": "colab_cdp_agent/tell",
    "protocols/colab_cdp_protocols": "colab_cdp_protocols",
}
"""Folders of the checkout, and where they lie when installed."""


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: a wheel from the tree, and one from the sdist of the tree."""

    wheel: Path
    wheel_of_sdist: Path


def build(tree: Path, target: str, folder: Path) -> Path:
    """Build an sdist or a wheel with the backend that `pyproject.toml` names."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    return next(folder.iterdir())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    sdist = build(ROOT, "sdist", folder / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    tree = next((folder / "unpacked").iterdir())
    return Built(build(ROOT, "wheel", folder / "wheel"), build(tree, "wheel", folder / "again"))


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = make_environment(tmp_path_factory.mktemp("installed") / "venv")
    pip = [sys.executable, "-m", "pip", "--python", str(environment.python), "install"]
    options = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*pip, *options, str(built.wheel_of_sdist)], check=True)
    environment.lend(editable=False)
    return environment


@pytest.fixture
def command(installed: Environment) -> tuple[str]:
    return (str(installed.scripts / "colab-cdp-agent"),)


def files(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


@pytest.mark.parametrize("folder", CARRIED)
def test_a_wheel_carries_every_file_of(built: Built, folder: str) -> None:
    here = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    wanted = {
        f"{CARRIED[folder]}/{path.relative_to(ROOT / folder).as_posix()}"
        for path in here
        if "__pycache__" not in path.parts
    }
    assert wanted
    assert wanted <= files(built.wheel)


def test_a_wheel_of_the_sdist_is_the_wheel_of_the_tree(built: Built) -> None:
    assert files(built.wheel_of_sdist) == files(built.wheel)


def test_nothing_of_a_common_name_lands_in_site_packages(
    built: Built, installed: Environment
) -> None:
    ours = {"colab_cdp_agent", "colab_cdp_protocols", "colab_sim"}
    assert {name.split("/")[0] for name in files(built.wheel)} == ours
    lies_there = {path.name for path in installed.site.iterdir() if path.is_dir()}
    assert {name for name in lies_there if not name.endswith(".dist-info")} <= {
        *ours,
        "__pycache__",
    }


def test_the_installed_code_is_not_the_checkouts(installed: Environment, tmp_path: Path) -> None:
    probe = "import colab_cdp_agent; print(colab_cdp_agent.__file__)"
    ended = run(tmp_path, "-c", probe, command=(str(installed.python),))
    assert Path(ended.stdout.strip()).is_relative_to(installed.site)


def test_it_says_its_version(command: tuple[str], tmp_path: Path) -> None:
    ended = run(tmp_path, "--version", command=command)
    assert (ended.returncode, ended.stdout) == (0, f"colab-cdp-agent {__version__}\n")


def test_it_prints_the_schema_that_comes_along(
    command: tuple[str], installed: Environment, tmp_path: Path
) -> None:
    ended = run(tmp_path, "config", "schema", command=command)
    assert ended.returncode == 0
    shipped = installed.site / "colab_cdp_agent" / "configs" / "agent.schema.json"
    assert json.loads(ended.stdout) == json.loads(shipped.read_text("utf-8"))


def test_it_runs_with_the_profiles_that_come_along_and_ends_as_asked(
    command: tuple[str], tmp_path: Path
) -> None:
    sites = ("--site", "colab", "--site", "jupyterlab")
    agent = Command(tmp_path, "run", "--port", str(free_port()), *sites, command=command)
    agent.until("watches: colab, jupyterlab")
    agent.until("publishing")
    agent.stop(signal.SIGTERM)


def test_its_profiles_are_those_of_the_wheel(
    command: tuple[str], installed: Environment, tmp_path: Path
) -> None:
    ended = run(tmp_path, "doctor", "--port", str(free_port()), "--no-mqtt", command=command)
    assert ended.returncode == 3
    found = re.search(r"site profile colab: (.*)", ended.stdout)
    assert found is not None, ended.stdout
    assert Path(found[1]).is_relative_to(installed.site)


def test_its_demo_finds_the_stand_in_page(installed: Environment, tmp_path: Path) -> None:
    probe = "import colab_sim, colab_cdp_agent.demo_stage; print(colab_sim.__file__)"
    ended = run(tmp_path, "-c", probe, command=(str(installed.python),))
    assert Path(ended.stdout.strip()).is_relative_to(installed.site), ended.stderr
