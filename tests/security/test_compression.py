"""Nothing that others send is unpacked: a small frame stays small."""

import asyncio

from websockets.asyncio.server import ServerConnection, serve
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from colab_cdp_agent.chrome.websocket import open_socket
from page_server import PageServer

HOST = "127.0.0.1"


def test_the_socket_to_a_browser_offers_no_compression() -> None:
    offered: list[str | None] = []

    async def talk(other: ServerConnection) -> None:
        assert other.request is not None
        offered.append(other.request.headers.get("Sec-WebSocket-Extensions"))
        await other.wait_closed()

    async def story() -> None:
        async with serve(talk, HOST, 0, compression="deflate", close_timeout=0.1) as server:
            port = server.sockets[0].getsockname()[1]
            async with open_socket(f"ws://{HOST}:{port}/", patience=5):
                pass

    asyncio.run(story())
    assert offered == [None]


def test_the_bridge_takes_nothing_compressed() -> None:
    with PageServer(None) as server:
        there = server.url.replace("http://", "ws://") + "/mqtt"
        with connect(
            there,
            origin=Origin(server.url),
            subprotocols=[Subprotocol("mqtt")],
            compression="deflate",
        ) as page:
            assert page.request is not None
            assert "permessage-deflate" in page.request.headers["Sec-WebSocket-Extensions"]
            assert page.response is not None
            assert "Sec-WebSocket-Extensions" not in page.response.headers
