"""Lints the page scripts with ESLint, where Node is installed."""

import shutil
import subprocess
import sys
from pathlib import Path

TOOLS = Path("scripts/eslint")
ESLINT = TOOLS / "node_modules" / ".bin" / "eslint"
SCRIPTS = (
    "agent/colab_cdp_agent/watch/scripts",
    "agent/colab_cdp_agent/tell/web/static",
    "tests/colab_sim/pages",
)


def main() -> int:
    """Return ESLint's exit code; without Node or its packages, say that nothing was linted."""
    npm = shutil.which("npm")
    if npm is None:
        print("The page scripts were not linted: Node is not installed.")
        return 0
    install = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
    if subprocess.run(install, cwd=TOOLS, check=False).returncode != 0:
        print("The page scripts were not linted: npm could not install ESLint.")
        return 0
    config = str(TOOLS / "eslint.config.mjs")
    return subprocess.run([str(ESLINT), "--config", config, *SCRIPTS], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
