"""Whether a folder belongs to an everyday browser: then nothing is started in it."""

from collections.abc import Iterable
from pathlib import Path

from colab_cdp_agent.chrome.user_data_folders import UserDataFolder


def everyday_folder_of(folder: Path, known: Iterable[UserDataFolder]) -> UserDataFolder | None:
    """Return the everyday user data folder that a folder is, or lies in; None where it is free."""
    place = _comparable(folder)
    return next((each for each in known if place.is_relative_to(_comparable(each.path))), None)


def _comparable(folder: Path) -> Path:
    """Return a path as it is compared: absolute, links followed, in one case of letters.

    Where the case counts, no two of these folders differ in it alone.
    """
    return Path(str(folder.resolve()).casefold())
