"""Which cell a page's text is of, over observers that follow each other in one document."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from chromium import Chromium, find_chromium
from colab_cdp_agent.chrome.tab import script
from colab_cdp_agent.watch.sites import load_site
from person import Person, eventually
from stranger import HOST, http, stranger

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed")

NOTEBOOK = """<div id="{name}" class="jp-NotebookPanel{hidden}">
<div class="jp-Notebook-ExecutionIndicator" data-status="busy"></div>
<div class="jp-CodeCell"><div class="jp-InputPrompt">[*]:</div><div class="jp-OutputArea">
<div class="jp-OutputArea-output"><pre>text of {name}</pre></div></div></div></div>"""
PAGE = (
    "<!doctype html>"
    + NOTEBOOK.format(name="A", hidden="")
    + NOTEBOOK.format(name="B", hidden=" lm-mod-hidden")
)
ANOTHER = """
history.pushState({}, '', '/lab/tree/B.ipynb');
A.classList.add('lm-mod-hidden');
B.classList.remove('lm-mod-hidden');
"""


class Page:
    """A page of two notebooks, of which one is shown, as an agent's scripts see it."""

    def __init__(self, person: Person, target: str) -> None:
        self._person = person
        self._session = person.attach(target)
        eventually(lambda: person.evaluate(self._session, "!!globalThis.B"))
        self._profile = msgspec.to_builtins(load_site("jupyterlab"))

    def do(self, source: str) -> Any:
        """Run a source in the page."""
        return self._person.evaluate(self._session, source)

    def observe(self) -> None:
        """Install the observer, as an agent does at its start and at each change of the page."""
        options = json.dumps({"profile": self._profile})
        self.do(f"({script('observe')}\n)({options}).version")

    def text(self, *, last: bool) -> str | None:
        """Return the text of the running cell, or of the last one that ran."""
        options = json.dumps({"after": 0, "last": last})
        found: str | None = self.do(f"({script('output')}\n)({options})?.text ?? null")
        return found

    def prompt(self, notebook: str, shown: str) -> None:
        """Change what stands before a notebook's cell."""
        self.do(f"document.querySelector('#{notebook} .jp-InputPrompt').textContent = '{shown}'")


@pytest.fixture
def page() -> Iterator[Page]:
    with stranger(http("200 OK", PAGE.encode())) as here, Chromium() as chromium:
        target = chromium.open(f"http://{HOST}:{here.port}/lab/tree/A.ipynb")
        with Person(chromium) as person:
            yield Page(person, target)


def test_the_next_observer_knows_the_cell_that_was_cleared_and_the_one_that_ran(
    page: Page,
) -> None:
    page.observe()
    page.do("nightWatch.clearing()")
    page.prompt("A", "[ ]:")
    page.observe()
    assert page.text(last=False) == "text of A"
    page.prompt("A", "[3]:")
    page.observe()
    assert (page.text(last=False), page.text(last=True)) == (None, "text of A")


def test_another_notebook_in_the_same_document_has_cells_of_its_own(page: Page) -> None:
    page.observe()
    page.do("nightWatch.clearing()")
    page.prompt("A", "[ ]:")
    page.do(ANOTHER)
    page.observe()
    assert page.text(last=False) == "text of B"
    page.prompt("A", "[3]:")
    page.prompt("B", "[4]:")
    page.observe()
    assert page.text(last=True) == "text of B"
