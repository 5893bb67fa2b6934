"""A capture of a real JupyterLab: it reads as the page did, and holds nothing of the notebook."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chromium import Chromium, find_chromium
from command import run
from jupyterlab import JupyterLab, press, until_connected
from pages import until

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no Chromium or Chrome installed")

FAILING = """\
from IPython.display import HTML, display
patient = "zq7-alice@example.org"
display(HTML("<style>.zq7-style {}</style><p class='zq7-style' id='zq7-id'>zq7 rich</p>"))
print("zq7 printed error", patient)
raise ValueError("zq7 raised")
"""
TRACEBACK = "document.querySelector('.jp-OutputArea')?.textContent.includes('ValueError')"


@pytest.fixture(scope="module")
def lab() -> Iterator[JupyterLab]:
    with JupyterLab() as lab:
        yield lab


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with Chromium() as chromium:
        yield chromium


def test_it_reads_as_the_page_did_and_holds_nothing_of_the_notebook(
    lab: JupyterLab, chromium: Chromium, tmp_path: Path
) -> None:
    lab.write("zq7-report.ipynb", [FAILING, "secret_of_zq7 = 1"])
    target = chromium.open(lab.url("zq7-report.ipynb"))
    until_connected(chromium.port, target)
    press(chromium.port, target, "notebook:run-cell-and-select-next")
    until(chromium.port, target, TRACEBACK)
    file = tmp_path / "lab.html"
    options = ("--port", str(chromium.port), "--no-mqtt", "--site", "jupyterlab")
    ended = run(tmp_path, "doctor", *options, "--capture", str(file))
    assert ended.returncode == 0, ended.stdout
    text = file.read_text("utf-8")
    assert not re.search(r"zq7|alice|example\.org|patient", text, re.IGNORECASE)
    assert str(lab.port) not in text
    assert str(lab.home) not in text
    ended = run(tmp_path, "profile", "test", "jupyterlab", "--against", str(file))
    assert ended.returncode == 0, ended.stdout
    answers = r"^ +((?:states|reads)\..*)$"
    assert re.findall(answers, ended.stdout, re.MULTILINE) == re.findall(
        answers, text, re.MULTILINE
    )
    assert re.search(r"states\.failed +✓ +1 of 1", text)
    assert 'class="jp-InputPrompt jp-InputArea-prompt">' in text.replace("lm-Widget ", "")
