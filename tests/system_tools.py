"""Stand-ins for the tools of a system that is not this one, or does not run here."""

import json
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

SCRIPT = """\
#!{python}
import json, pathlib, sys
here = pathlib.Path({folder!r})
call = " ".join([pathlib.Path(sys.argv[0]).name, *sys.argv[1:]])
with (here / "calls").open("a") as calls:
    calls.write(call + "\\n")
answers = json.loads((here / "answers.json").read_text())
for words, answer in answers.items():
    if words in call:
        code, said, *later = answer
        if later:  # what it answers from the next call on
            answers[words] = later
            (here / "answers.json").write_text(json.dumps(answers))
        print(said)
        sys.exit(code)
"""


class SystemTools:
    """Programs of these names in a folder, which answer as they are told, and note each call."""

    def __init__(self, folder: Path, *names: str) -> None:
        self._folder = folder
        folder.mkdir()
        self.answer({})
        for name in names:
            script = folder / name
            script.write_text(SCRIPT.format(python=sys.executable, folder=str(folder)), "utf-8")
            script.chmod(stat.S_IRWXU)

    @property
    def path(self) -> str:
        """The variable PATH by which they are found first."""
        return f"{self._folder}{os.pathsep}{os.environ['PATH']}"

    def answer(self, answers: Mapping[str, tuple[object, ...]]) -> None:
        """Say what is answered to a call with these words: code, text, and those from then on."""
        (self._folder / "answers.json").write_text(json.dumps(answers), "utf-8")

    def calls(self) -> list[str]:
        """Return the calls so far, and forget them."""
        file = self._folder / "calls"
        calls = file.read_text("utf-8").splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return calls
