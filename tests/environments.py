"""Virtual environments made without network: this one lends them what the project depends on."""

import os
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment: its interpreter, its scripts, and what is installed into it."""

    python: Path
    scripts: Path
    site: Path

    def lend(self, *, editable: bool) -> None:
        """Let it find the packages of this environment, after its own.

        What is installed here as editable is found as well only where that is wanted.
        """
        places = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
        form = "import site; site.addsitedir({!r})" if editable else "{}"
        text = "".join(form.format(place) + "\n" for place in places)
        (self.site / "lent.pth").write_text(text, encoding="utf-8")


def make_environment(folder: Path) -> Environment:
    """Make an empty virtual environment, without pip and without the system's packages."""
    builder = venv.EnvBuilder(symlinks=os.name != "nt")
    builder.create(folder)
    scheme = "venv" if "venv" in sysconfig.get_scheme_names() else sysconfig.get_default_scheme()
    base = {"base": str(folder), "platbase": str(folder)}
    scripts = Path(sysconfig.get_path("scripts", scheme, base))
    python = scripts / ("python.exe" if sys.platform == "win32" else "python")
    return Environment(python, scripts, Path(sysconfig.get_path("purelib", scheme, base)))
