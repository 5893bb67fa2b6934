"""A file that is written whole or not at all."""

import tempfile
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Put a text where a file may stand already; a reader finds the old one or the new one.

    Raises:
        OSError: it cannot be written; nothing was changed.

    """
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=f".{path.name}-", delete=False
    ) as file:
        beside = Path(file.name)
        try:
            file.write(text)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
    try:
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
