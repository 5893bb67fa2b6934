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

REMEDIES: dict[str, str] = {
    "captcha": "solve it in the tab",
    "still_there": "answer it in the tab",
    "account_blocked": "read what the page says; the agent makes no further try",
    "usage_limit": "wait, or buy compute units; the agent makes no further try",
    "too_many_sessions": "end one in Colab's list of sessions",
    "backend_error": "connect by hand later",
    "out_of_memory": "use less memory, and run again from the last checkpoint",
    "kernel_died": "look at the notebook's last output, and run again",
    "run_anyway": "decide in the tab",
    "drive_consent": "decide in the tab",
    "sign_in": "sign in",
    "disconnected": "connect by hand once the agent has given up",
    "unreadable": "reload the tab; then see troubleshooting.md",
    "chrome_gone": "start Chrome again; the sessions are taken up where the tabs are open",
    "tab_crashed": "reload the tab",
    "run_failed": "read the traceback in the notebook or in the archive",
    "fresh_runtime": "run again from the last checkpoint",
    "tab_gone": "open the notebook again",
    "input_request": "type the answer in the notebook",
    "stalled": "look whether it hangs",
    "consent": "click there: without it nothing is watched",
    "lifetime_near": "save a checkpoint where it outlives the runtime",
}
"""What a person does about each."""

LIMITS = frozenset({"account_blocked", "usage_limit", "too_many_sessions"})
PERSON = frozenset({"captcha", "still_there", "run_anyway", "drive_consent", "sign_in"})
STOPS_DUTIES = LIMITS | PERSON
"""While one of these is raised, the page is the person's: no duty touches it."""

PASSING = frozenset({"stalled", "lifetime_near"})
"""What is worth a look while a run goes on, and means nothing once its connection is lost."""


def find(kind: str) -> Finding:
    """Return the finding of a kind, in its usual words."""
    return Finding(kind, SENTENCES.get(kind, kind))


def lost_chrome(browser: str) -> Finding:
    """Return the finding that a browser is gone; it is named where there are several."""
    found = find("chrome_gone")
    named = found.text.replace("Chrome", f"The browser '{browser}'", 1)
    return Finding(found.kind, named) if browser else found
