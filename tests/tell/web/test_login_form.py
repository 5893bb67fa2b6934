"""The login in a real Chromium: a typed password, a scanned link, and what is refused."""

import time
from collections.abc import Iterator

import pytest

from chromium import Chromium, find_chromium
from colab_cdp_agent.tell.link import Link
from colab_cdp_agent.tell.web.login import Login
from fleet import AGENTS, Fleet
from mosquitto import HOST, Mosquitto, find_mosquitto
from page_server import PageServer
from person import Person
from phone import Phone

pytestmark = pytest.mark.skipif(
    find_chromium() is None or find_mosquitto() is None,
    reason="no Chromium or no mosquitto installed",
)

PASSWORD = "abcd-efgh-jkmn-pqrs"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    with Mosquitto(tmp_path_factory.mktemp("broker")) as broker:
        fleet = Fleet(broker.port)
        fleet.publish_agent(AGENTS[0])
        with PageServer(Link(HOST, broker.port), Login(PASSWORD)) as server:
            yield server
        fleet.close()


@pytest.fixture
def browser() -> Iterator[tuple[Person, Chromium]]:
    """Yield a browser that has no cookie yet."""
    with Chromium() as chromium, Person(chromium) as person:
        yield person, chromium


def test_a_wrong_password_is_said_and_the_right_one_opens_the_page_for_good(
    server: PageServer, browser: tuple[Person, Chromium]
) -> None:
    with Phone(*browser, server.url) as phone:
        phone.until("document.activeElement?.id === 'password'")
        assert phone.value("location.pathname") == "/login"
        assert phone.violations() == []
        phone.write("wrong")
        phone.press("Enter")
        phone.shows("#says", "That is not the password.")
        phone.value("document.querySelector('#password').value = ''")
        phone.write(PASSWORD.upper())
        phone.press("Enter")
        phone.shows("#agents", AGENTS[0])
        assert phone.value("document.cookie") == ""
    with Phone(*browser, server.url) as phone:
        phone.shows("#agents", AGENTS[0])


def test_a_scanned_link_opens_the_page_and_leaves_no_trace_of_itself(
    server: PageServer, browser: tuple[Person, Chromium]
) -> None:
    assert server.login is not None
    link = f"{server.url}/login#{server.login.ticket(time.time())}"
    with Phone(*browser, link) as phone:
        phone.shows("#agents", AGENTS[0])
        assert phone.value("location.href") == f"{server.url}/"
        assert all("#" not in address for address in phone.asked_for())
        phone.call("Network.clearBrowserCookies")
    with Phone(*browser, link, language="ko") as phone:
        phone.shows("#says", "이미 사용했거나 오래된 링크입니다")


def test_a_page_whose_login_ended_goes_to_the_form(
    server: PageServer, browser: tuple[Person, Chromium]
) -> None:
    assert server.login is not None
    with Phone(*browser, f"{server.url}/login#{server.login.ticket(time.time())}") as phone:
        phone.shows("#agents", AGENTS[0])
        phone.call("Network.clearBrowserCookies")
        server.hang_up()
        phone.until(
            "location.pathname === '/login' && document.querySelector('#password') !== null"
        )
