"""Where site profiles are found: the person's own folder, then those that come along."""

from importlib.resources import files
from pathlib import Path

from colab_cdp_agent.config import ConfigError, config_dir
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.yaml_file import convert, load

CHECKOUT = Path(__file__).parents[3] / "configs"


def shipped() -> Path:
    """Return the folder of the configuration that comes along, installed or in a checkout."""
    installed = Path(str(files("colab_cdp_agent"))) / "configs"
    return installed if installed.is_dir() else CHECKOUT


def find_site(site: str) -> Path:
    """Return the file of a site's profile: a path is itself, a name is looked for.

    Raises:
        ConfigError: no folder has a profile of that name.

    """
    if site.endswith((".yaml", ".yml")):
        return Path(site)
    folders = (config_dir() / "sites", shipped() / "sites")
    for folder in folders:
        path = folder / f"{site}.yaml"
        if path.is_file():
            return path
    known = sorted({path.stem for folder in folders for path in folder.glob("*.yaml")})
    raise ConfigError(
        f"no site profile named {site!r}; known: {', '.join(known)}; or give the path of a file",
        key=("sites",),
    )


def load_site(site: str) -> Profile:
    """Read and check a site's profile.

    Raises:
        ConfigError: it is missing or wrong; the message names file, line and key.

    """
    return convert(load(find_site(site), "name a site profile that exists"), Profile)
