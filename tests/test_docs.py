"""The texts that a newcomer reads: none may fall behind the code, and no link may lead nowhere."""

import argparse
import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from colab_cdp_agent import arguments
from colab_cdp_agent.chrome.absent import START_COMMAND
from colab_cdp_agent.watch.finding import SENTENCES
from colab_cdp_protocols import mqtt, verbs
from colab_cdp_protocols.topic import Topic

ROOT = Path(__file__).parents[1]
AGENT = ROOT / "agent" / "colab_cdp_agent"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
TELLS_A_PERSON = (
    "chrome/browser.py",
    "chrome/endpoint.py",
    "chrome/installed.py",
    "chrome/lasting.py",
    "chrome/launch.py",
    "chrome/port_file.py",
    "chrome/version_page.py",
    "keep/archive.py",
    "own_chrome.py",
    "service/__init__.py",
    "service/job.py",
    "service/launchctl.py",
    "service/schtasks.py",
    "service/systemd_user.py",
    "service/tool.py",
    "settings/broker_url.py",
    "tell/broker_failure.py",
    "tell/claim.py",
    "tell/connection.py",
    "tell/echo.py",
    "tell/password_file.py",
    "tell/publisher.py",
    "tell/web/login.py",
    "tell/web/page.py",
    "watch/acts.py",
    "watch/session.py",
)
TELLS_NO_PERSON = (
    "chrome/websocket.py",  # what closed is told of by the browser
    "doctor/page.py",  # a page script of ours that returns what it never does
    "remote/station.py",  # counted, and passed over
    "settings/reference.py",  # for whoever adds a key
    "tell/broker_store.py",  # the embedded broker tells of it
    "tell/web/bridge.py",  # said to a page that is not ours, or of the broker
)
FEWEST_WORDS = 3
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def plain(text: str) -> str:
    """Return a text as it reads: without quotes' and code's marks, on one line."""
    return " ".join(re.sub(r"^> ?|`", "", text, flags=re.MULTILINE).split())


def modules() -> list[Path]:
    return sorted(path for path in AGENT.rglob("*.py") if path.name != "__init__.py")


def sentences(path: Path) -> Iterator[str]:
    """Yield what a module raises, returns as an outcome, or warns of in the log."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name.endswith(("Error", "Outcome")) and str(path).endswith(TELLS_A_PERSON):
            yield from pieces([*node.args, *(keyword.value for keyword in node.keywords)])
        elif name in {"log.warning", "logger.warning"}:
            yield from pieces(node.args[:1])


def refusals(path: Path) -> Iterator[str]:
    """Yield what a module raises or returns as an outcome; argparse's own say what they expect."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.endswith(("Error", "Outcome")) and not name.startswith("argparse."):
                yield from pieces([*node.args, *(keyword.value for keyword in node.keywords)])


def pieces(values: list[ast.expr]) -> Iterator[str]:
    """Yield the fixed parts of texts, as far as they are more than a word or two."""
    for value in values:
        parts = value.values if isinstance(value, ast.JoinedStr) else [value]
        for part in parts:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                text = " ".join(part.value.split())
                if len(re.findall(r"\w+", text)) >= FEWEST_WORDS:
                    yield text


def options(parser: argparse.ArgumentParser, command: str = "") -> Iterator[tuple[str, str]]:
    """Yield every command of a command line with each of its options, and once without."""
    yield command, ""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from options(below, f"{command} {name}".strip())
        elif not isinstance(action, argparse._HelpAction | argparse._VersionAction):
            yield from ((command, option) for option in action.option_strings)


def options_told(page: str) -> Iterator[tuple[str, str]]:
    """Yield every command in the README's tables with the options that stand there as its own."""
    rows = [row.split(" | ") for row in re.findall(r"^\| (`.*) \|$", page, re.MULTILINE)]
    commands = {
        re.sub(" [A-Z]+$", "", cells[0].strip("`")): cells[1]
        for cells in rows
        if len(cells) == len(("command", "does"))
    }
    for command, says in commands.items():
        yield command, ""
        yield from ((command, option) for option in re.findall(r"`(--[\w-]+)", says))
    for cells in rows:
        if len(cells) == len(("option", "of", "means")):
            for command in re.findall(r"`([^`]+)`", cells[1]):
                yield from ((command, each) for each in re.findall(r"`(--?\w[\w-]*)", cells[0]))


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as they are made of them where it is shown."""
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each).lower().replace(" ", "-") for each in headings}


def rooms_on_the_map(page: str) -> Iterator[str]:
    """Yield the modules in the tables of the map; the folder stands above its tables."""
    folder = ""
    for line in page.partition("## The map")[2].partition("### Beside the code")[0].splitlines():
        if found := re.match(r"(?:### )?`([\w/]+/)`", line):
            folder = found[1].removeprefix("agent/colab_cdp_agent/")
        elif row := re.match(r"\|([^|]*)\|", line):
            yield from (folder + name for name in re.findall(r"`(\w+\.(?:py|js))`", row[1]))


def test_the_mqtt_page_is_what_the_code_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from mqtt_reference import page  # noqa: PLC0415

    assert read("docs/mqtt.md") == page(), "run: python scripts/mqtt_reference.py"
    for word in (*get_args(mqtt.Phase), *SENTENCES):
        assert f"| `{word}` |" in page()
    for sentence in SENTENCES.values():
        assert sentence in page()


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(AGENT)))
def test_every_complaint_is_in_the_troubleshooting(path: Path) -> None:
    page = plain(read("docs/troubleshooting.md"))
    assert [text for text in sentences(path) if plain(text) not in page] == []


def test_how_chrome_is_started_is_what_the_agent_proposes() -> None:
    for command in START_COMMAND.values():
        for page in ("README.md", "docs/troubleshooting.md"):
            assert f"\n{command.format(port=9222)}\n" in read(page)


def test_every_command_is_in_the_readme_with_its_options_and_no_others() -> None:
    commands = read("README.md").partition("\n## Commands\n")[2].partition("\n## ")[0]
    above = {("", ""), ("profile", ""), ("config", "")}  # stand for nothing by themselves
    told = {
        (command.replace("config schema", "config"), option)
        for command, option in options_told(commands)
    }
    assert told - above == set(options(arguments.parser())) - above


def test_every_topic_is_a_row_of_the_contract() -> None:
    topics = {topic.pattern for topic in vars(mqtt).values() if isinstance(topic, Topic)}
    assert topics == {topic.pattern for topic in mqtt.TABLE}


@pytest.mark.parametrize(
    ("heading", "known"), [("Of a session", verbs.OF_SESSION), ("Of the agent", verbs.OF_AGENT)]
)
def test_every_verb_is_in_the_table_of_the_commands(
    heading: str, known: dict[str, verbs.Verb]
) -> None:
    section = read("docs/commands.md").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    assert {verb for cell in cells for verb in re.findall(r"`(\w+)`", cell)} == set(known)


def test_every_refusal_is_in_the_docs() -> None:
    pages = plain("\n".join(path.read_text("utf-8") for path in PAGES))
    missing = {
        f"{path.relative_to(AGENT)}: {text}"
        for path in modules()
        if path.relative_to(AGENT).as_posix() not in TELLS_NO_PERSON
        for text in refusals(path)
        if plain(text) not in pages
    }
    assert sorted(missing) == []


def test_the_map_of_the_house_has_every_room_once_and_where_it_lies() -> None:
    page = read("docs/architecture.md")
    rooms = [*modules(), *AGENT.rglob("*.js"), *(ROOT / "protocols").rglob("*.py")]
    paths = [
        (path.relative_to(AGENT) if path.is_relative_to(AGENT) else path.relative_to(ROOT))
        for path in rooms
        if path.name != "__init__.py" and path.parent.name != "vendor"
    ]
    assert sorted(rooms_on_the_map(page)) == sorted(path.as_posix() for path in paths)
    told = set(re.findall(r"`(\w+\.(?:py|js))`", page))
    assert sorted(told - {path.name for path in paths}) == []


def test_the_tree_of_the_tasks_has_those_of_the_agent_in_their_order() -> None:
    run = next(
        found
        for found in ast.walk(ast.parse((AGENT / "agent.py").read_text("utf-8")))
        if isinstance(found, ast.AsyncFunctionDef) and found.name == "run"
    )
    named = [
        ast.literal_eval(found.value)
        for found in ast.walk(run)
        if isinstance(found, ast.keyword) and found.arg == "name"
    ]
    drawing = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    first = drawing[drawing.index("Agent.run ──") :].splitlines()[0]
    column = first.index("┬─")
    tree = drawing[drawing.index(first) :].split("```")[0].splitlines()
    drawn = [line[column + 3 :].strip() for line in tree if line[column] in "┬├└"]
    assert len(drawn) == len(named)
    assert all(each.startswith(name) for name, each in zip(named, drawn, strict=True))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target, anchor in LINK.findall(path.read_text("utf-8")):
        file = path.parent / target if target else path
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file.read_text("utf-8")), f"{target}#{anchor}"
