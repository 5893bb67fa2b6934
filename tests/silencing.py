"""How a tab of a real Chromium falls silent: discarded, or with a renderer that stands still."""

import json

import psutil

from chromium import Chromium
from person import Person, eventually

FLAGS = ("--renderer-process-limit=50",)  # each tab in a process of its own
PROFILE = json.dumps({"internal_only_uis_enabled": True})  # chrome://discards
DISCARD = """
(async () => {
  const { getOrCreateDetailsProvider } = await import("chrome://discards/discards.js");
  const provider = getOrCreateDetailsProvider();
  const external = 0;
  const { infos } = await provider.getTabDiscardsInfo();
  const tab = infos.find(({ tabUrl }) => tabUrl === URL_OF_TAB);
  await provider.discardById(tab.id, external);
})()
"""
BUSY = "for (const end = Date.now() + 400; Date.now() < end;);"


def target_of(person: Person, url: str) -> str:
    """Return the target of the tab that shows an address."""
    return next(each for each, info in person.targets().items() if info["url"] == url)


def renderer(chromium: Chromium, person: Person, session: str) -> psutil.Process:
    """Return the process of a page: the one that works when the page does."""
    processes = psutil.Process(chromium.pid).children(recursive=True)
    renderers = [each for each in processes if "--type=renderer" in each.cmdline()]
    before = {each: sum(each.cpu_times()[:2]) for each in renderers}
    person.evaluate(session, BUSY)
    return max(renderers, key=lambda each: sum(each.cpu_times()[:2]) - before[each])


def discard(chromium: Chromium, person: Person, url: str) -> str:
    """Let Chrome discard a tab as an extension can, attached or not.

    Returns:
        the target of the tab that it was done in. It is left open: Chrome brings its neighbour to
        the front when it closes, which loads that anew.

    """
    before = target_of(person, url)
    opened = chromium.open("chrome://discards/")
    tool = person.attach(opened)
    eventually(lambda: person.evaluate(tool, "document.readyState") == "complete")
    person.evaluate(tool, DISCARD.replace("URL_OF_TAB", json.dumps(url)))
    eventually(lambda: before not in person.targets())
    return opened
