"""What a capture says of itself at its top: what it is, of which page, and what was seen there.

Pure. Nothing of the person's: no title, no address, no path.
"""

import re
from collections.abc import Iterator, Sequence

from colab_cdp_agent import __version__
from colab_cdp_agent.doctor.rows import rows
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.seen import PageReading
from colab_cdp_agent.watch.verdict import Verdict

MARK = "<!doctype html>\n<!-- colab-cdp-agent capture"
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'"
HEAD = (
    '<meta charset="utf-8">\n'
    f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
    "<title>colab-cdp-agent capture</title>\n"
)
"""Comes before the page's own `head`, so that it holds for all of it."""
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2,4})?")
ABOUT = """\
The structure of a notebook page, without what it is about: tags, classes, ids, roles, and of its
texts those alone that the site profile knows. Anything else is …, and (30) says that it was of at
most 30 characters. It holds no script, no style and no address. Read it before you pass it on.
"""


def headline(
    product: str, profile: Profile, reading: PageReading, now: Verdict, limits: Sequence[str]
) -> str:
    """Return the beginning of a capture; `limits` say what was left out for its size."""
    text = "\n".join(_lines(product, profile, reading, now, limits))
    return f"{MARK}\n{ABOUT}\n{_as_comment(text)}\n-->\n{HEAD}"


def _lines(
    product: str, profile: Profile, reading: PageReading, now: Verdict, limits: Sequence[str]
) -> Iterator[str]:
    yield f"agent: {__version__}"
    yield f"browser: {product}"
    yield f"profile: {profile.site}{' (extended)' if profile.extends else ''}"
    hidden = "hidden" if reading.hidden else "visible"
    loaded = "still loading" if reading.loading else "loaded"
    language = reading.language if LANGUAGE.fullmatch(reading.language) else "unknown"
    yield f"page: language {language}, {loaded}, {hidden}"
    yield f"verdict: {now.phase}, connection {now.connection}, kernel {now.kernel}"
    yield from limits
    yield "detectors:"
    yield from (f"  {row}" for row in rows(profile, reading))


def _as_comment(text: str) -> str:
    """Return a text that does not end the comment that it stands in."""
    return text.replace("-->", "-- >").replace("--!>", "--! >").replace("<!--", "< !--")
