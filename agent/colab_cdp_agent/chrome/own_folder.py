"""The profile folder of the Chrome that is there for the agent alone."""

from pathlib import Path

OWN_FOLDER = "colab-night-watch"


def own_folder(program: Path) -> Path:
    """Return the folder of its own for a browser: in the person's data folder, as a rule.

    A Snap may write neither there nor into any other hidden folder, only into its own.
    """
    if program.is_relative_to("/snap"):
        return Path.home() / "snap" / program.stem / "common" / OWN_FOLDER
    from platformdirs import user_data_path  # noqa: PLC0415 - most commands don't need it

    return user_data_path(OWN_FOLDER, appauthor=False)
