"""A touch looks at the page once more in its own turn: while a person is asked, there is none."""

import json
from collections.abc import Iterator

import msgspec
import pytest

from chromium import Chromium, find_chromium
from colab_cdp_agent.chrome.tab import script
from colab_cdp_agent.watch.finding import STOPS_DUTIES
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.sites import load_site
from colab_sim import Notebook
from colab_sim.view import DialogKind
from person import Person
from silencing import target_of
from stage import Stage

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed")

STOPPING: tuple[DialogKind, ...] = ("captcha", "still_there", "usage_limit", "drive_consent")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture(scope="module")
def person(stage: Stage) -> Iterator[Person]:
    with Chromium(stage.sim.chromium_flags) as chromium:
        chromium.open(stage.notebook("touched").url)
        with Person(chromium) as person:
            yield person


def call(person: Person, page: str, name: str, options: object) -> dict[str, object]:
    found = person.evaluate(page, f"({script(name)}\n)({json.dumps(options)})")
    answer: dict[str, object] = json.loads(found) if isinstance(found, str) else found
    return answer


def touched(person: Person, page: str, profile: Profile) -> bool:
    """Touch the connect control as the agent does, and return whether that was done."""
    step = profile.actions.connect[0].steps[0]
    options = {"path": step.path, "way": step.way, "in_cell": False, "stops": [*STOPS_DUTIES]}
    return call(person, page, "touch", options)["touched"] is True


def test_nothing_is_touched_while_a_person_is_asked(stage: Stage, person: Person) -> None:
    notebook: Notebook = stage.sim.notebooks["touched"]
    stage.do(notebook.opened())
    page = person.attach(target_of(person, notebook.url))
    profile = load_site("colab")
    plain = msgspec.to_builtins(profile)
    call(person, page, "observe", {"profile": plain})
    for kind in STOPPING:
        stage.do(notebook.dialog(kind))
        before = stage.do(notebook.touched())
        assert not touched(person, page, profile), kind
        assert stage.do(notebook.touched()) == before
        stage.do(notebook.close_dialogs())
    assert touched(person, page, profile)
    assert stage.do(notebook.touched()) != before
    plain["states"]["signed_out"] = [{"css": "body"}]
    call(person, page, "observe", {"profile": plain})
    assert not touched(person, page, profile)
