"""A finding: what a person should look at, by its kind and in a sentence."""

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """What a person should look at: its kind, and a sentence."""

    kind: str
    text: str


SENTENCES: dict[str, str] = {
    "captcha": "Colab shows a captcha: solve it in the tab.",
    "still_there": "Colab asks whether you are still there: answer it in the tab.",
    "account_blocked": "Colab says that this account is blocked from its runtimes.",
    "usage_limit": "Colab refuses a runtime because of its usage limits.",
    "too_many_sessions": "Colab says that too many sessions are active on this account.",
    "backend_error": "Colab could not assign or reach a backend.",
    "out_of_memory": "The runtime crashed after it used all its memory.",
    "kernel_died": "The kernel died.",
    "run_anyway": "Colab asks whether to run a notebook that Google did not write.",
    "drive_consent": "The notebook asks for access to Google Drive.",
    "sign_in": "The page is signed out: sign in there.",
    "disconnected": "The runtime is disconnected.",
    "unreadable": "The site profile does not fit this page.",
    "chrome_gone": "Chrome does not run, or cannot be reached.",
    "tab_crashed": "The tab crashed: reload it.",
    "run_failed": "The last run failed.",
    "fresh_runtime": "The notebook has a fresh runtime: what the old one knew is lost.",
    "tab_gone": "The tab was closed while a cell ran.",
    "input_request": "The run waits for input.",
}

LIMITS = frozenset({"account_blocked", "usage_limit", "too_many_sessions"})
PERSON = frozenset({"captcha", "still_there", "run_anyway", "drive_consent", "sign_in"})
STOPS_DUTIES = LIMITS | PERSON
"""While one of these is raised, the page is the person's: no duty touches it."""

PASSING = frozenset({"stalled", "lifetime_near"})
"""What is worth a look while a run goes on, and means nothing once its connection is lost."""


def find(kind: str) -> Finding:
    """Return the finding of a kind, in its usual words."""
    return Finding(kind, SENTENCES.get(kind, kind))
