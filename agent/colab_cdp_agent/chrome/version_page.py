"""`/json/version`, the page by which a browser tells that it listens, over plain HTTP.

A browser that asks a person at each connection answers 404 to it, as to every page.
"""

import asyncio
import re

from colab_cdp_agent.chrome.absent import ChromeAbsentError, remedies

ANSWER_LIMIT_S = 3.0
ANSWER_LIMIT_BYTES = 64_000
STATUS, LENGTH = re.compile(rb"\d{3}"), re.compile(rb"\d{1,9}")
TLS_RECORD = (b"\x15\x03", b"\x16\x03")
"""How TLS answers what is not TLS: an alert, or a handshake."""


class NothingListensError(ChromeAbsentError):
    """No program listens there."""


async def get_version(host: str, port: int) -> tuple[int, bytes]:
    """Return status and body of `GET /json/version`; no browser asks anybody about it.

    Raises:
        NothingListensError: nothing listens there.
        ChromeAbsentError: what listens there does not answer, or not in HTTP.

    """
    where = f"{host}:{port}"
    try:
        async with asyncio.timeout(ANSWER_LIMIT_S):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        raise NothingListensError(f"nothing listens on {where}", remedies(port)) from error
    answer = b""
    try:
        async with asyncio.timeout(ANSWER_LIMIT_S):
            # Chrome refuses any other Host than localhost and IP literals (DNS rebinding).
            request = f"GET /json/version HTTP/1.1\r\nHost: localhost:{port}\r\n"
            writer.write(f"{request}Connection: close\r\n\r\n".encode())
            answer = await reader.read(ANSWER_LIMIT_BYTES)
            while b"\r\n\r\n" not in answer or len(answer) < _length(answer):
                more = await reader.read(ANSWER_LIMIT_BYTES)
                if not more or len(answer) > ANSWER_LIMIT_BYTES:
                    break
                answer += more
    except TimeoutError as error:
        raise ChromeAbsentError(
            f"{where} accepts connections but does not answer: a frozen Chrome, or no Chrome",
            f"look what holds port {port}, or name Chrome's own port with --port",
        ) from error
    except OSError as error:
        raise _no_http(where, port) from error
    finally:
        writer.close()
    return read_answer(where, port, answer)


def read_answer(where: str, port: int, answer: bytes) -> tuple[int, bytes]:
    """Return status and body of an answer.

    Raises:
        ChromeAbsentError: it is none in HTTP.

    """
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(None, 2)
    if head.startswith(TLS_RECORD):
        raise ChromeAbsentError(
            f"{where} speaks TLS: another program holds this port",
            f"name Chrome's own port with --port, or free port {port}",
        )
    if not head.startswith(b"HTTP/") or len(words) < 2 or not STATUS.fullmatch(words[1]):  # noqa: PLR2004 - version and status
        raise _no_http(where, port)
    return int(words[1]), body


def _no_http(where: str, port: int) -> ChromeAbsentError:
    return ChromeAbsentError(
        f"{where} does not speak HTTP: another program holds this port",
        f"name Chrome's own port with --port, or free port {port}",
    )


def _length(answer: bytes) -> int:
    """Return how long the whole answer is by its own head, or 0 where it does not say."""
    head, separator, _body = answer.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length" and LENGTH.fullmatch(value.strip()):
            return len(head) + len(separator) + int(value)
    return 0
