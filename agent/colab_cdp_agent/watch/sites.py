"""Where site profiles are found: the person's own folder, then those that come along."""

from importlib.resources import files
from pathlib import Path

import msgspec

from colab_cdp_agent.config import ConfigError, config_dir
from colab_cdp_agent.watch.extending import extended
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.yaml_file import Document, convert, load

CHECKOUT = Path(__file__).parents[3] / "configs"
REMEDY = "name a site profile that exists"


class Site(msgspec.Struct, frozen=True):
    """A site's profile in force, by the name it was asked for, and the file that says so.

    `over` is the profile that comes along and is not in force as it came: replaced by a file of the
    same name, or extended.
    """

    name: str
    path: Path
    profile: Profile
    over: str | None = None

    def __str__(self) -> str:
        """Return the name, and what of the person's stands behind it; no folder of theirs."""
        if self.over is None:
            return self.name
        if self.over != self.name:
            return f"{self.name} (extends {self.over})"
        how = "extended" if self.profile.extends else "replaced"
        return f"{self.name} ({how} by your own {self.path.parent.name}/{self.path.name})"

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it is read from, the person's own first."""
        if self.profile.extends is None:
            return (self.path,)
        return self.path, shipped() / "sites" / f"{self.profile.extends}.yaml"


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
        f"no site profile named {site!r}; known: {', '.join(known)}; or give the path of a file"
        " that ends in .yaml",
        key=("sites",),
    )


def open_site(site: str) -> Site:
    """Read and check a site's profile; a broken file is an error, whatever it stands over.

    Raises:
        ConfigError: it is missing or wrong; the message names file, line and key.

    """
    path = find_site(site)
    document = load(path, REMEDY)
    base = document.at(("extends",))
    if isinstance(base, str):
        profile = convert(extended(document, _that_comes_along(base, document)), Profile)
        return Site(site, path, profile, base)
    profile = convert(document, Profile)
    comes_along = shipped() / "sites" / f"{site}.yaml"
    replaced = comes_along.is_file() and comes_along != path
    return Site(site, path, profile, site if replaced else None)


def load_site(site: str) -> Profile:
    """Return a site's profile, read and checked.

    Raises:
        ConfigError: as `open_site`.

    """
    return open_site(site).profile


def _that_comes_along(name: str, by: Document) -> Document:
    """Read the profile that a person's own extends, which is never another of their own."""
    folder = shipped() / "sites"
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in known:
        problem = f"no profile named {name!r} comes along; known: {', '.join(known)}"
        key = ("extends",)
        raise ConfigError(problem, source=by.source, line=by.line(key), key=key)
    return load(folder / f"{name}.yaml", REMEDY)
