"""Pictures of hidden tabs: of what is there now, small enough, and nobody else notices."""

import base64
import shutil
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from asker import Asker
from person import eventually
from scene import Scene, needs_chromium_and_mosquitto, set_scene
from xserver import display

pytestmark = needs_chromium_and_mosquitto

COLOURS = {"red": [255, 0, 0], "lime": [0, 255, 0], "blue": [0, 0, 255]}
WATCHED = """
  window.seen = [];
  for (const type of ["visibilitychange", "focus", "blur", "resize"])
    addEventListener(type, (event) => seen.push(event.type), true);
"""
# Paints noise, which no JPEG makes small.
NOISE = """(() => {
  const canvas = document.body.appendChild(document.createElement("canvas"));
  [canvas.width, canvas.height] = [1200, 900];
  const context = canvas.getContext("2d");
  const image = context.createImageData(1200, 900);
  for (let at = 0; at < image.data.length; at += 1) image.data[at] = 255 * Math.random();
  context.putImageData(image, 0, 0);
})()"""
MIDDLE = """(async () => {{
  const image = new Image();
  image.src = "data:image/jpeg;base64,{data}";
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return [...context.getImageData(image.width / 2, image.height / 2, 1, 1).data].slice(0, 3);
}})()"""


@pytest.fixture(scope="module", params=["headless", "headed"])
def scene(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    with ExitStack() as stack:
        if request.param == "headed":
            if shutil.which("Xvfb") is None:
                pytest.skip("no Xvfb installed")
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setenv("DISPLAY", stack.enter_context(display(1400, 1000)))
        headless = request.param == "headless"
        yield stack.enter_context(
            set_scene(
                tmp_path_factory.mktemp("notes"), ["--window-size=1200,900"], headless=headless
            )
        )


def picture(scene: Scene, name: str) -> bytes:
    """Ask for a picture of a notebook, and return it."""
    url = scene.notes.url(name)
    answer = Asker(scene.night).ask("screenshot", url)
    assert answer["status"] == "ok", answer
    topic = f"colab/night/session/{scene.night.id_of(url)}/screenshot"
    taken = [body for at, body in scene.night.heard.messages if at == topic][-1]
    assert len(taken) == answer["data"]["bytes"]
    return taken


def test_a_hidden_tab_is_pictured_as_it_is_now_and_stays_hidden(scene: Scene) -> None:
    hidden = scene.person.attach(scene.open("coloured"))
    front = scene.person.attach(scene.chromium.open(scene.notes.elsewhere))
    eventually(lambda: scene.person.evaluate(front, "document.hasFocus()"))
    scene.person.evaluate(front, WATCHED)
    for name, colour in COLOURS.items():
        scene.person.evaluate(hidden, f"document.documentElement.style.background = '{name}'")
        data = base64.b64encode(picture(scene, "coloured")).decode()
        middle = scene.person.evaluate(front, MIDDLE.format(data=data))
        assert all(abs(a - b) < 30 for a, b in zip(middle, colour, strict=True)), (name, middle)
        states = [
            scene.person.evaluate(each, "document.visibilityState") for each in (hidden, front)
        ]
        assert states == ["hidden", "visible"]
    assert scene.person.evaluate(front, "[seen, document.hasFocus()]") == [[], True]


def test_a_tab_that_is_shown_is_pictured_too(scene: Scene) -> None:
    front = scene.person.attach(scene.open("shown"))
    scene.person.evaluate(front, WATCHED)
    scene.person.evaluate(front, "document.documentElement.style.background = 'lime'")
    data = base64.b64encode(picture(scene, "shown")).decode()
    middle = scene.person.evaluate(front, MIDDLE.format(data=data))
    assert all(abs(a - b) < 30 for a, b in zip(middle, COLOURS["lime"], strict=True)), middle
    assert scene.person.evaluate(front, "[seen, document.visibilityState]") == [[], "visible"]


def test_no_picture_is_larger_than_200_kb(scene: Scene) -> None:
    noisy = scene.person.attach(scene.open("noisy"))
    scene.person.evaluate(noisy, NOISE)
    scene.chromium.open(scene.notes.elsewhere)
    assert 20_000 < len(picture(scene, "noisy")) <= 200_000
