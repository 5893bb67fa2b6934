"""The verdict on the night: one line made of every finding."""

from collections.abc import Iterable

from msgspec import structs

from colab_cdp_agent.doctor.finding import Finding

SAFE = "Tonight is safe"
UNSAFE = "Not safe tonight"


def by_night(finding: Finding) -> Finding:
    """Return a finding as it is for whoever goes to sleep: what spoils a night is wrong."""
    return structs.replace(finding, ok=False) if finding.spoils else finding


def verdict(findings: Iterable[Finding]) -> str:
    """Say whether the night is safe, by what, and with which reservations; or every reason not.

    What fails is told by its few words, or where it has none as it was found.
    """
    found = list(findings)
    wrong = _unique(each.brief or each.what for each in found if each.ok is False)
    if wrong:
        return f"{UNSAFE}: {'; '.join(wrong)}."
    fine = _unique(each.brief for each in found if each.ok)
    open_ = _unique(each.brief for each in found if each.ok is None)
    reservation = f". But {'; '.join(open_)}" if open_ else ""
    return f"{SAFE}: {', '.join(fine) or 'nothing is wrong'}{reservation}."


def _unique(words: Iterable[str]) -> list[str]:
    """Return what is said, once each, in its order; what is empty is left out."""
    return list(dict.fromkeys(filter(None, words)))
