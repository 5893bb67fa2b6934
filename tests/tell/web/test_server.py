"""The page's server by HTTP: what it hands out, to whom, and behind which headers."""

import gzip
import hashlib
import http.client
import json
import re
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from colab_cdp_agent.tell.web import server as server_module
from colab_cdp_agent.tell.web.guard import WRONG_TRIES
from colab_cdp_agent.tell.web.login import Login
from colab_cdp_agent.tell.web.static_files import DOCUMENTS, FOLDER, StaticFiles
from page_server import HOST, LIMIT_S, PageServer
from person import eventually

PASSWORD = "abcd-efgh-jkmn-pqrs"


class Answer:
    """One answer, read whole."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.body = answer.read()
        self.headers = answer.headers


def ask(
    server: PageServer,
    path: str,
    method: str = "GET",
    body: str | bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    own = {"Host": f"{HOST}:{server.port}", "Origin": server.url} if method == "POST" else {}
    connection = http.client.HTTPConnection(HOST, server.port, timeout=LIMIT_S)
    try:
        connection.request(method, path, body, own | dict(headers or {}))
        return Answer(connection.getresponse())
    finally:
        connection.close()


def log_in(server: PageServer, **shown: str) -> Answer:
    return ask(server, "/login", "POST", json.dumps(shown))


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    with PageServer(None) as server:
        yield server


@pytest.fixture
def guarded() -> Iterator[PageServer]:
    with PageServer(None, Login(PASSWORD)) as server:
        yield server


def named_in(document: bytes) -> set[str]:
    """Return every address that a document names."""
    return set(re.findall(r'(?:href|src)="(/[^"]+)"', document.decode()))


def test_what_a_document_names_is_served_and_may_be_kept_for_ever(server: PageServer) -> None:
    for document in ("/", "/login"):
        page = ask(server, document)
        assert page.headers["Cache-Control"] == "no-cache"
        named = named_in(page.body) - {"/about"}
        assert len(named) >= 3
        for path in named:
            file = ask(server, path)
            assert file.status == 200
            assert "immutable" in file.headers["Cache-Control"]


def test_every_file_of_the_page_is_served_as_what_it_is(server: PageServer) -> None:
    for name, file in StaticFiles().files.items():
        if name in DOCUMENTS.values():
            continue
        path = f"/static/{name}"
        plain = ask(server, path)
        assert (plain.status, plain.body) == (200, file.body)
        assert plain.headers["Content-Type"] == file.type
        assert plain.headers["Cache-Control"] == "no-cache"
        packed = ask(server, path, headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(packed.body) == file.body
        again = ask(server, path, headers={"If-None-Match": plain.headers["ETag"]})
        assert (again.status, again.body) == (304, b"")


def test_a_page_of_before_the_agent_was_renewed_finds_its_files(server: PageServer) -> None:
    old = ask(server, f"/static-{0:016x}/vendor/uplot.js")
    assert (old.status, old.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing", "/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py",
        "//etc/passwd", "/static//etc/passwd", "/static/vendor/vendored.json", "/static/vendor/",
        "/static/index.html", "/static", "/static-/main.js",
    ],
)  # fmt: skip
def test_no_other_file_is_ever_served(server: PageServer, path: str) -> None:
    assert ask(server, path).status == 404


def test_no_other_host_is_contacted_and_no_text_becomes_a_program(server: PageServer) -> None:
    for path in ("/", "/static/main.js", "/nothing", "/about", "/login"):
        headers = ask(server, path).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
    for document in ("/", "/login"):
        body = ask(server, document).body
        assert b"http" not in body
        assert b"style=" not in body
        assert b"<script>" not in body


def test_the_page_is_light(server: PageServer) -> None:
    sizes = {name: len(file.compressed) for name, file in StaticFiles().files.items()}
    gzipped = ask(server, "/static/main.js", headers={"Accept-Encoding": "gzip"})
    assert len(gzipped.body) == sizes["main.js"]
    assert sum(sizes.values()) < 250_000, sizes


def test_the_page_is_told_where_its_topics_are(server: PageServer) -> None:
    about = json.loads(ask(server, "/about").body)
    assert (about["root"], about["agent"]) == ("colab", "desk")
    assert about["now"].endswith("+00:00")


@pytest.mark.parametrize("path", ["/", "/about", "/static/main.js", "/login", "/mqtt"])
def test_a_name_that_was_bent_to_this_machine_is_answered_nothing(
    server: PageServer, path: str
) -> None:
    answer = ask(server, path, headers={"Host": f"evil.example:{server.port}"})
    assert (answer.status, answer.body) == (421, b"This page has another name.")


def test_without_a_login_the_local_network_sees_the_form_alone(guarded: PageServer) -> None:
    first = ask(guarded, "/")
    assert (first.status, first.headers["Location"]) == (303, "/login")
    form = ask(guarded, "/login")
    assert form.status == 200
    for path in named_in(form.body):
        assert ask(guarded, path).status == 200
    for name in set(StaticFiles().files) - server_module.WITHOUT_LOGIN:
        assert ask(guarded, f"/static/{name}").status == 401
    assert ask(guarded, "/about").status == 401


def test_a_password_opens_the_page(guarded: PageServer) -> None:
    answer = log_in(guarded, password=PASSWORD)
    assert answer.status == 204
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    shown = {"Cookie": cookie.partition(";")[0]}
    assert ask(guarded, "/", headers=shown).status == 200
    assert ask(guarded, "/about", headers=shown).status == 200


def test_a_ticket_opens_the_page_once(guarded: PageServer) -> None:
    assert guarded.login is not None
    ticket = guarded.login.ticket(time.time())
    assert log_in(guarded, ticket=ticket).status == 204
    assert log_in(guarded, ticket=ticket).status == 401


def test_wrong_passwords_are_refused_and_then_made_to_wait(guarded: PageServer) -> None:
    for _ in range(WRONG_TRIES):
        refused = log_in(guarded, password="wrong")
        assert refused.status == 401
        assert "Set-Cookie" not in refused.headers
    waiting = log_in(guarded, password=PASSWORD)
    assert waiting.status == 429
    assert waiting.headers["Retry-After"] == "60"


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '{"password": 1}', '{"ticket": null}', "[" * 1000, "\udce9"]
)
def test_any_other_login_is_a_wrong_one(guarded: PageServer, body: str) -> None:
    sent = body.encode(errors="surrogateescape")
    assert ask(guarded, "/login", "POST", sent).status == 401


def test_a_large_login_is_refused(guarded: PageServer) -> None:
    assert ask(guarded, "/login", "POST", "x" * 1_000_000).status == 413


def test_another_page_cannot_log_in(guarded: PageServer) -> None:
    body = json.dumps({"password": PASSWORD})
    answer = ask(guarded, "/login", "POST", body, {"Origin": "http://evil.example"})
    assert answer.status == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "OPTIONS"])
def test_nothing_else_can_be_done(server: PageServer, method: str) -> None:
    assert ask(server, "/static/main.js", method, headers={"Origin": server.url}).status in {
        403,
        405,
    }


def test_connections_without_end_are_hung_up(
    server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "MOST_CONNECTIONS", 3)
    held: list[socket.socket] = []

    def one_more_is_hung_up() -> bool:
        one = socket.create_connection((HOST, server.port), 0.5)
        held.append(one)
        try:
            return one.recv(1) == b""
        except TimeoutError:
            return False

    try:
        eventually(one_more_is_hung_up)
        assert ask_on(held[0], server).startswith(b"HTTP/1.1 200 ")
    finally:
        for one in held:
            one.close()


def ask_on(connection: socket.socket, server: PageServer) -> bytes:
    connection.settimeout(LIMIT_S)
    connection.sendall(f"GET /about HTTP/1.1\r\nHost: {HOST}:{server.port}\r\n\r\n".encode())
    return connection.recv(100)


def test_what_others_wrote_is_carried_as_they_published_it() -> None:
    for folder in (FOLDER / "vendor", Path(__file__).parents[2] / "vendor"):
        records = json.loads((folder / "vendored.json").read_text("utf-8"))
        here = {path.name for path in folder.iterdir()} - {"vendored.json"}
        assert here == set(records)
        for name, record in records.items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == record["sha256"]
            assert record["licence"] in {"MIT", "MPL-2.0"}
