"""Names and texts with a shape: slugs, topic roots, sites, line patterns."""

import re
from typing import Annotated, Any, ClassVar, Final, Self

from msgspec import Meta

from colab_cdp_agent.port_number import LAST_PORT
from colab_cdp_agent.settings.document import found

Port = Annotated[int, Meta(ge=1, le=LAST_PORT)]


class UsualPort(int):
    """A port that nobody named: where it leads to nothing or is taken, another one will do."""

    __slots__ = ()


SLUG: Final = r"[a-z0-9_-]{1,32}"
LONGEST_NAME: Final = 32
LONGEST_PATTERN: Final = 500


class ShapedText(str):
    """A text that fits one pattern."""

    __slots__ = ()
    expected: ClassVar[str] = "text"
    pattern: ClassVar[str] = r".+"

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a text that fits; anything else is a ValueError that says what was expected."""
        if isinstance(value, str) and re.fullmatch(cls.pattern, value):
            return cls(value)
        quotes = ", which needs quotes to be text" if isinstance(value, int | float) else ""
        raise ValueError(f"expected {cls.expected}, found {found(value)}{quotes}")

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe the text for JSON Schema."""
        return {"type": "string", "pattern": f"^{cls.pattern}$"}


class Slug(ShapedText):
    """A name that fits one level of an MQTT topic on every broker."""

    __slots__ = ()
    expected = "1 to 32 of the characters a-z, 0-9, '-' and '_'"
    pattern = SLUG


class TopicRoot(ShapedText):
    """The levels above every topic: `colab`, or `home/colab`."""

    __slots__ = ()
    expected = (
        "one to four topic levels such as colab or home/colab, "
        "each of 1 to 32 of the characters a-z, 0-9, '-' and '_'"
    )
    pattern = rf"{SLUG}(/{SLUG}){{0,3}}"


class Host(ShapedText):
    """A host name or an address."""

    __slots__ = ()
    expected = "a host name or address such as 127.0.0.1"
    pattern = r"[A-Za-z0-9._:-]{1,253}"


class Site(ShapedText):
    """A site profile: its name, or the path of a file of the person's own."""

    __slots__ = ()
    expected = "the name of a site profile such as colab, or a path that ends in .yaml"
    pattern = rf"({SLUG}|.*\S\.ya?ml)"

    @property
    def is_path(self) -> bool:
        """Say whether this is a file rather than a name."""
        return self.endswith((".yaml", ".yml"))


class LinePattern(ShapedText):
    """A regular expression that reads progress out of a printed line."""

    __slots__ = ()
    expected = f"a regular expression of at most {LONGEST_PATTERN} characters"
    pattern = rf"[\s\S]{{1,{LONGEST_PATTERN}}}"

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a pattern; one that Python's `re` refuses is a ValueError that says why."""
        text = super().parse(value)
        try:
            re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(
                f"expected a regular expression, found {found(value)}: {error}"
            ) from error
        return text


def agent_name(configured: str | None, hostname: str) -> str:
    """Return the agent's level in every topic: as configured, else a slug of the host name."""
    return configured if configured is not None else slug_of(hostname) or "agent"


def slug_of(text: str) -> str:
    """Return what of a text a slug can hold; empty where that is nothing."""
    slug = re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-")
    return slug[:LONGEST_NAME].strip("-")
