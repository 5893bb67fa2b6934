"""A phone that looks at the page: a tab of a real Chromium, of some size, language and scheme."""

import base64
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from chromium import Chromium
from person import Person, eventually

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
LIMIT_S = 30.0
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32}


class Phone(ExitStack):
    """One tab, open from entry to exit.

    Args:
        person: the debugging client.
        chromium: the browser it is a client of.
        url: what is opened.
        width, height: of the screen; below 600 pixels it is a phone's.
        scale: how many pixels of a picture one of them makes.
        dark: whether dark is preferred.
        language: what the person reads.

    """

    def __init__(
        self,
        person: Person,
        chromium: Chromium,
        url: str,
        *,
        width: int = 360,
        height: int = 780,
        scale: float = 1,
        dark: bool = False,
        language: str = "en",
    ) -> None:
        super().__init__()
        self._person, self._chromium, self._url = person, chromium, url
        self._size = width, height
        self._scale = scale
        self._dark = dark
        self._language = language
        self._target = ""
        self.session = ""

    def __enter__(self) -> Self:
        self._target = self._chromium.open("about:blank")
        self.callback(self._chromium.close, self._target)
        self.session = self._person.attach(self._target)
        width, height = self._size
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=self._scale, mobile=width < 600,
        )  # fmt: skip
        self.prefer(dark=self._dark)
        agent = self.call("Browser.getVersion")["userAgent"]
        self.call("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=self._language)
        for domain in ("Log", "Runtime", "Network", "Page"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=self._url)
        return self

    def call(self, method: str, **params: Any) -> Any:
        return self._person.call(method, self.session, **params)

    def prefer(self, *, dark: bool) -> None:
        """Prefer dark or light."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def value(self, expression: str) -> Any:
        """Return the JSON value of an expression in the page."""
        return self._person.evaluate(self.session, expression)

    def until(self, expression: str) -> Any:
        """Return the value of an expression as soon as it is truthy."""

        def looked() -> Any:
            # While a document is replaced there is nobody to ask.
            try:
                return self.value(expression)
            except AssertionError as error:
                if not any(word in str(error) for word in ("context", "navigated")):
                    raise
                return None

        return eventually(looked, LIMIT_S)

    def text(self, selector: str) -> str:
        """Return what an element reads, as it is shown."""
        return str(self.value(f"document.querySelector({selector!r}).innerText"))

    def shows(self, selector: str, text: str) -> None:
        """Wait until an element reads so, among other things."""
        self.until(f"document.querySelector({selector!r})?.innerText.includes({text!r})")

    def card(self, title: str) -> str:
        """Return a selector of the card with that title, which is waited for."""
        titles = "[...document.querySelectorAll('.title')]"
        name: str = self.until(f"{titles}.find((each) => each.innerText === {title!r})?.id")
        return f"article[aria-labelledby={name}]"

    def open_card(self, title: str) -> str:
        """Open the card with that title, unless it is; return its selector."""
        card = self.card(title)
        expanded = f"document.querySelector('{card} .title').getAttribute('aria-expanded')"

        def opened() -> bool:
            if self.value(expanded) == "false":
                self.tap(f"{card} .title")
            return bool(self.value(expanded) == "true")

        eventually(opened, LIMIT_S)
        return card

    def titles(self) -> list[str]:
        """Return the titles of all cards, in order."""
        found: list[str] = self.value(
            "[...document.querySelectorAll('.title')].map((each) => each.innerText)"
        )
        return found

    def tap(self, selector: str, text: str = "") -> None:
        """Tap on an element, the one of several that reads so."""
        place = self.value(
            f"""(() => {{
              const found = [...document.querySelectorAll({selector!r})]
                .find((each) => each.innerText.includes({text!r}));
              found.scrollIntoView({{ block: "center" }});
              const box = found.getBoundingClientRect();
              return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"""
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind, x=place[0], y=place[1], button="left", clickCount=1,
            )  # fmt: skip

    def press(self, key: str, *, times: int = 1) -> None:
        """Press a key."""
        for _ in range(times):
            text = {"Enter": "\r", " ": " "}.get(key)
            code = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
            down = {"type": "keyDown", **code} | ({"text": text} if text else {})
            self.call("Input.dispatchKeyEvent", **down)
            self.call("Input.dispatchKeyEvent", type="keyUp", **code)

    def write(self, text: str) -> None:
        """Type a text where the focus is."""
        self.call("Input.insertText", text=text)

    def tab_to(self, text: str, within: str = "body", most: int = 60) -> None:
        """Press Tab until the focus is on what reads so, inside an element."""
        focus = f"document.querySelector({within!r})?.contains(document.activeElement) && document"
        for _ in range(most):
            self.press("Tab")
            if text in (self.value(f"({focus}.activeElement.innerText) || ''") or ""):
                return
        raise AssertionError(f"no Tab leads to {text!r}")

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than the screen."""
        wider: int = self.value(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wider

    def violations(self, context: str = "document") -> list[str]:
        """Return what axe-core has to say against the page, one line for each element."""
        self.value(AXE.read_text("utf-8") + "\n;0")
        found: list[dict[str, Any]] = self.value(
            f"axe.run({context}, {{ resultTypes: ['violations'] }})"
            ".then((found) => found.violations.map(({ id, nodes }) => ({ id, nodes: nodes.map("
            "(node) => node.target.join(' ') + ' ' + node.failureSummary) })))"
        )
        return [f"{each['id']}: {node}" for each in found for node in each["nodes"]]

    def complaints(self) -> list[str]:
        """Return the errors that the browser logged of the page so far."""
        self.value("0")
        told = []
        for event in self._person.events:
            if event.get("sessionId") != self.session:
                continue
            if event["method"] == "Runtime.exceptionThrown":
                told.append(str(event["params"]["exceptionDetails"]))
            elif event["method"] == "Log.entryAdded":
                entry = event["params"]["entry"]
                if entry["level"] == "error" and entry["source"] in {"security", "javascript"}:
                    told.append(entry["text"])
        return told

    def asked_for(self) -> list[str]:
        """Return every address that the page asked for."""
        self.value("0")
        return [
            event["params"].get("url") or event["params"]["request"]["url"]
            for event in self._person.events
            if event.get("sessionId") == self.session
            and event["method"] in {"Network.requestWillBeSent", "Network.webSocketCreated"}
        ]

    def picture(self) -> bytes:
        """Return a picture of what is seen, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])


def contrast_is_judged(found: Sequence[str]) -> bool:
    """Return whether axe-core found a fault of contrast: proof that it can find one."""
    return any(line.startswith("color-contrast") for line in found)
