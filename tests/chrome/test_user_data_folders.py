"""Where browsers keep their profiles: by environment, operating system and home folder."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from colab_cdp_agent.chrome.user_data_folders import here, user_data_folders

HOME = Path("home-of-a-person")
APP_SUPPORT = HOME / "Library" / "Application Support"


def found(platform: str, environ: Mapping[str, str] | None = None) -> list[tuple[str, Path]]:
    folders = user_data_folders(environ or {}, platform, HOME)
    return [(each.browser, each.path) for each in folders]


@pytest.mark.parametrize(
    ("platform", "browser", "path"),
    [
        ("linux", "Chrome", HOME / ".config/google-chrome"),
        ("linux", "Chrome Beta", HOME / ".config/google-chrome-beta"),
        ("linux", "Chrome Dev", HOME / ".config/google-chrome-unstable"),
        ("linux", "Chromium", HOME / ".config/chromium"),
        ("linux", "Chromium", HOME / "snap/chromium/common/chromium"),
        ("linux", "Chrome", HOME / ".var/app/com.google.Chrome/config/google-chrome"),
        ("linux", "Edge", HOME / ".config/microsoft-edge"),
        ("linux", "Brave Nightly", HOME / ".config/BraveSoftware/Brave-Browser-Nightly"),
        ("darwin", "Chrome", APP_SUPPORT / "Google/Chrome"),
        ("darwin", "Chrome Canary", APP_SUPPORT / "Google/Chrome Canary"),
        ("darwin", "Chromium", APP_SUPPORT / "Chromium"),
        ("darwin", "Edge Dev", APP_SUPPORT / "Microsoft Edge Dev"),
        ("darwin", "Brave", APP_SUPPORT / "BraveSoftware/Brave-Browser"),
        ("win32", "Chrome", HOME / "AppData/Local/Google/Chrome/User Data"),
        ("win32", "Chrome Canary", HOME / "AppData/Local/Google/Chrome SxS/User Data"),
        ("win32", "Edge Beta", HOME / "AppData/Local/Microsoft/Edge Beta/User Data"),
        ("win32", "Brave", HOME / "AppData/Local/BraveSoftware/Brave-Browser/User Data"),
    ],
)
def test_each_browser_of_each_system(platform: str, browser: str, path: Path) -> None:
    assert (browser, path) in found(platform)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32", "freebsd14"])
def test_the_usual_chrome_comes_first_and_nothing_twice(platform: str) -> None:
    folders = found(platform)
    assert folders[0][0] == "Chrome"
    assert len({path for _, path in folders}) == len(folders)


def test_windows_says_where_its_folder_is() -> None:
    folders = found("win32", {"LOCALAPPDATA": "elsewhere"})
    assert folders[0] == ("Chrome", Path("elsewhere/Google/Chrome/User Data"))
    assert not any(HOME in path.parents for _, path in folders)


def test_the_variables_of_linux_in_the_order_in_which_they_count() -> None:
    environ = {
        "CHROME_USER_DATA_DIR": "named",
        "CHROME_CONFIG_HOME": "of-chrome",
        "XDG_CONFIG_HOME": "of-all",
    }
    folders = found("linux", environ)
    paths = [path for _, path in folders]
    assert paths[0] == Path("named")
    assert paths[1] == Path("of-chrome/google-chrome")
    # Edge and Brave may not know the variable of Chrome.
    assert paths.index(Path("of-all/microsoft-edge")) > paths.index(Path("of-chrome/chromium"))
    assert HOME / ".config/google-chrome" not in paths


def test_an_empty_variable_is_none() -> None:
    assert found("linux", {"XDG_CONFIG_HOME": "", "CHROME_CONFIG_HOME": ""}) == found("linux")


def test_a_folder_that_is_named_twice_keeps_its_first_place() -> None:
    usual = str(HOME / ".config" / "chromium")
    folders = found("linux", {"CHROME_USER_DATA_DIR": usual})
    assert folders[0] == ("Chrome", Path(usual))
    assert [path for _, path in folders].count(Path(usual)) == 1


def test_this_computer_has_some() -> None:
    assert here()
