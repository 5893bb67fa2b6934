"""What a real JupyterLab page tells by its DOM, and what a script can do to it in a hidden tab.

Each fact has its number in docs/jupyterlab-page.md.
"""

import json
import os
import signal
from collections.abc import Iterator

import pytest

from chromium import Chromium, find_chromium
from jupyterlab import JupyterLab, choose, press, until_connected
from pages import evaluate, until

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no Chromium or Chrome installed")

PRINTING = """import sys, time
for number in range(10**6):
    print(f"line {number};", flush=True)
    time.sleep(0.02)"""
WARNING = """import sys
print("only a warning", file=sys.stderr)"""
FAILING = f"{WARNING}\n1 / 0"

STATUS = "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status"
PROMPTS = "[...document.querySelectorAll('.jp-Cell .jp-InputPrompt')].map(it => it.textContent)"
OUTPUT = "document.querySelector('.jp-Cell[data-windowed-list-index=\"0\"] .jp-OutputArea')"
TRACEBACKS = r"""[...document.querySelectorAll('.jp-CodeCell')].map(cell => {
  const last = [...cell.querySelectorAll('.jp-OutputArea-output')].at(-1);
  return last?.dataset.mimeType === 'application/vnd.jupyter.stderr'
    && /^(-{70,}\n| *Cell In\[)/.test(last.textContent);
})"""
DIALOGS = "document.querySelectorAll('.jp-Dialog').length"

CLEAR_RUNNING = """(() => {
  const cell = [...document.querySelectorAll('.jp-CodeCell')].find(
    it => it.querySelector('.jp-InputPrompt')?.textContent.startsWith('[*]'));
  const at = (node, button) => {
    const box = node.getBoundingClientRect();
    return {bubbles: true, cancelable: true, view: window, button,
      clientX: box.left + box.width / 2, clientY: box.top + box.height / 2};
  };
  const prompt = cell.querySelector('.jp-InputPrompt');
  prompt.dispatchEvent(new MouseEvent('mousedown', at(prompt, 0)));
  prompt.dispatchEvent(new MouseEvent('mouseup', at(prompt, 0)));
  prompt.dispatchEvent(new MouseEvent('contextmenu', at(prompt, 2)));
  const item = document.querySelector('.lm-Menu [data-command="notebook:clear-cell-output"]');
  item.dispatchEvent(new PointerEvent('pointermove', at(item, 0)));
  item.dispatchEvent(new PointerEvent('pointerup', at(item, 0)));
  return [document.hidden, cell.querySelector('.jp-OutputArea').textContent,
    document.querySelectorAll('.lm-Menu').length];
})()"""


@pytest.fixture(scope="module")
def lab() -> Iterator[JupyterLab]:
    with JupyterLab() as lab:
        yield lab


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with Chromium() as browser:
        yield browser


@pytest.fixture
def chrome(browser: Chromium) -> Iterator[Chromium]:
    blank = browser.open("about:blank")
    yield browser
    for page in browser.pages():
        if page["id"] != blank:
            browser.close(page["id"])


def open_hidden(lab: JupyterLab, chrome: Chromium, name: str, cells: list[str]) -> str:
    lab.write(name, cells)
    target = chrome.open(lab.url(name))
    until_connected(chrome.port, target)
    chrome.open("about:blank")
    until(chrome.port, target, "document.hidden")
    return target


def test_connected_then_failed(lab: JupyterLab, chrome: Chromium) -> None:
    target = open_hidden(lab, chrome, "failing.ipynb", [WARNING, FAILING, "'never'"])
    until(chrome.port, target, f"{STATUS} === 'idle'")
    assert evaluate(chrome.port, target, "document.title").startswith("failing.ipynb - ")

    choose(chrome.port, target, "runmenu:run-all")
    until(chrome.port, target, f"{PROMPTS}.join() === '[1]:,[2]:,[ ]:'")

    assert evaluate(chrome.port, target, TRACEBACKS) == [False, True, False]


def test_clearing_the_running_cell(lab: JupyterLab, chrome: Chromium) -> None:
    target = open_hidden(lab, chrome, "printing.ipynb", [PRINTING, "'pending'"])
    choose(chrome.port, target, "runmenu:run-all")
    until(chrome.port, target, f"{OUTPUT}.textContent.includes('line 20;')")
    assert evaluate(chrome.port, target, f"[{STATUS}, {PROMPTS}]") == ["busy", ["[*]:", "[*]:"]]
    choose(chrome.port, target, "notebook:select-all")

    assert evaluate(chrome.port, target, CLEAR_RUNNING) == [True, "", 0]

    until(chrome.port, target, f"{OUTPUT}.textContent.length > 100")
    assert "line 0;" not in evaluate(chrome.port, target, f"{OUTPUT}.textContent")
    # The cleared cell still runs, though its prompt no longer says so; the other was left alone.
    assert evaluate(chrome.port, target, f"[{STATUS}, {PROMPTS}]") == ["busy", ["[ ]:", "[*]:"]]

    press(chrome.port, target, "notebook:interrupt-kernel")
    until(chrome.port, target, f"{STATUS} === 'idle' && {PROMPTS}.join() === '[1]:,[ ]:'")


def test_reconnecting_while_running(lab: JupyterLab, chrome: Chromium) -> None:
    target = open_hidden(lab, chrome, "again.ipynb", [PRINTING])
    choose(chrome.port, target, "runmenu:run-all")
    until(chrome.port, target, f"{OUTPUT}.textContent.includes('line 5;')")

    choose(chrome.port, target, "kernelmenu:reconnect-to-kernel")
    until(chrome.port, target, f"{STATUS} === 'unknown'")
    seen = evaluate(chrome.port, target, f"{OUTPUT}.textContent.length")
    until(chrome.port, target, f"{OUTPUT}.textContent.length > {seen + 100}")

    # Connected and printing, but the busy kernel has not told its state again.
    assert evaluate(chrome.port, target, f"[{STATUS}, {PROMPTS}]") == ["unknown", ["[*]:"]]
    press(chrome.port, target, "notebook:interrupt-kernel")
    until(chrome.port, target, f"{STATUS} === 'idle'")


def test_killed_kernel(lab: JupyterLab, chrome: Chromium) -> None:
    target = open_hidden(lab, chrome, "killed.ipynb", [PRINTING])
    choose(chrome.port, target, "runmenu:run-all")
    until(chrome.port, target, f"{OUTPUT}.textContent.includes('line 5;')")

    kernel = lab.kernel_id("killed.ipynb")
    assert kernel is not None
    os.kill(lab.kernel_pid(kernel), signal.SIGKILL)
    until(chrome.port, target, DIALOGS)
    # The run is lost, what it printed is not, and the page never says more than this.
    until(chrome.port, target, f"['starting', 'unknown'].includes({STATUS})")
    until(chrome.port, target, f"!{PROMPTS}.includes('[*]:')")
    assert evaluate(chrome.port, target, PROMPTS) == ["[ ]:"]
    assert "line 5;" in evaluate(chrome.port, target, f"{OUTPUT}.textContent")

    button = json.dumps(".jp-Dialog .jp-Dialog-button.jp-mod-accept")
    evaluate(chrome.port, target, f"document.querySelector({button}).click()")
    until(chrome.port, target, f"{DIALOGS} === 0")


def test_killed_server(lab: JupyterLab, chrome: Chromium) -> None:
    target = open_hidden(lab, chrome, "orphan.ipynb", ["1"])
    lab.kill()
    until(chrome.port, target, f"{STATUS} === 'connecting'")
