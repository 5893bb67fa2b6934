"""What somebody might print, or call a notebook, to do harm where it is shown."""

import unicodedata

TIMED = "--- 2026-11-25T02:10:00+01:00 nothing is missing"
"""As a mark of the archive begins."""
ATTACKS = {
    "clipboard": "\x1b]52;c;cm0gLXJm\x07",
    "link": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "window title": "\x1b]0;evil\x07",
    "cleared screen": "\x1b[2J\x1b[H",
    "other screen": "\x1b[?1049h",
    "answer back": "\x1b[6n\x1b[c\x05",
    "device control": '\x1bP$q"p\x1b\\',
    "8-bit": "\x9b2J\x9d0;evil\x9c",
    "character set": "\x0e\x1b(0",
    "unfinished": "\x1b]0;",
    "erased": "\b\b\b\b\x7f",
    "forged line": f"\r\n{TIMED}\n",
    "line separators": f"\x0b\x0c\x85\u2028\u2029{TIMED}",
    "turned": "\u202egnp.exe\u2066\u200f",
    "unseen": "\u200b\ufeff\u00ad\U000e0041",
    "markup": "[bold][/][link=https://evil.example]",
    "page": "<script>document.title='broken'</script><img src=x onerror=document.title='broken'>",
    "nothing": "\0",
}
HOSTILE = "".join(ATTACKS.values())


def steering(shown: str, allowed: str = "\n") -> str:
    """Return the characters of a text that would steer a terminal, or turn or hide text."""
    return "".join(
        each
        for each in shown
        if each not in allowed and unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    )
