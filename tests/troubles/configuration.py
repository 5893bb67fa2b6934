"""Mistakes in what a person configured."""

from chromium import free_port
from colab_cdp_agent.watch import expression
from colab_cdp_agent.watch.progress.patterns import OwnPatterns
from command import Command, run
from troubles.register import Place, logged, says

PROFILE = """\
site: mine
notebooks: ["https://x\\\\.example/.*"]
states: {control: [{css: p}], connected: [{css: div}]}
"""


def refused(place: Place, text: str | bytes, *arguments: str) -> str:
    """Return what is said of a configuration."""
    content = text if isinstance(text, bytes) else text.encode()
    (place.folder / "mine.yaml").write_bytes(content)
    ended = run(place.folder, "--config", "mine.yaml", *arguments)
    assert ended.returncode == 2
    return ended.stderr


@says("unknown key; did you mean …? Known: …")
def unknown_key(place: Place) -> str:
    return refused(place, "chrom: {port: 9222}\n")


@says("expected a duration such as 30s, 5m, 12h or 30d, found … without a unit: write …")
def no_unit(place: Place) -> str:
    return refused(place, "duties: {clear: {every: 5}}\n")


@says(
    "expected a URL without a password, which would show in logs and process lists: put it into the"
    " environment variable COLAB_CDP_AGENT_MQTT_PASSWORD"
)
def password_in_a_url(place: Place) -> str:
    return refused(place, "", "--mqtt", "mqtts://me:secret@broker.example")


@says("expected a URL that ends after the host and port, found more")
def url_with_more(place: Place) -> str:
    return refused(place, "", "--mqtt", "mqtts://broker.example:8883/more")


@says(
    "… is on another machine and not encrypted: everyone on the way can read your notebooks' output"
    " and the broker's password, and send commands in your name. Use …, or insist with"
    " --insecure-plaintext"
)
def plaintext(place: Place) -> str:
    return refused(place, "", "--mqtt", "mqtt://192.0.2.1")


@says("expected a duration from …")
def too_short(place: Place) -> str:
    return refused(place, "duties: {clear: {every: 1s}}\n")


@says("expected a size from …")
def too_small(place: Place) -> str:
    return refused(place, "archive: {max_bytes: 1kB}\n")


@says("expected a size such as 500kB, 2MB, 2GB or 64MiB, …")
def no_size(place: Place) -> str:
    return refused(place, "archive: {max_bytes: 2M}\n")


@says("expected a path, found …")
def no_path(place: Place) -> str:
    return refused(place, "archive: {dir: 5}\n")


@says("expected a regular expression, found …")
def no_pattern(place: Place) -> str:
    return refused(place, 'progress: {patterns: ["("]}\n')


@says("…; what was found is not shown here")
def no_key(place: Place) -> str:
    return refused(place, "commands: {key: short}\n")


@says("not valid YAML: …")
def no_yaml(place: Place) -> str:
    return refused(place, "sites: [colab\n")


@says("no site profile named …; known: …; or give the path of a file that ends in .yaml")
def no_such_site(place: Place) -> str:
    return refused(place, "sites: [colaab]\n")


@says("there is no such file", "there is no such file; …")
def no_such_file(place: Place) -> str:
    return run(place.folder, "--config", "none.yaml").stderr


def refused_profile(place: Place, right: str, wrong: str) -> str:
    """Return what is said of a site profile in which something is replaced."""
    assert right in PROFILE
    (place.folder / "site.yaml").write_text(PROFILE.replace(right, wrong), encoding="utf-8")
    return run(place.folder, "--site", "./site.yaml").stderr


@says("… is no CSS selector: …")
def no_selector(place: Place) -> str:
    return refused_profile(place, "css: div}", 'css: "div["}')


@says("… is no regular expression: …")
def no_expression(place: Place) -> str:
    return refused_profile(place, "/.*", "/(")


@says("expected exactly one of css, none, attr, text, dialog, all")
def two_detectors_in_one(place: Place) -> str:
    return refused_profile(place, "{css: div}", "{css: div, none: p}")


@says("expected exactly one of …")
def two_steps_in_one(place: Place) -> str:
    actions = "actions: {connect: [{steps: [{click: p, press: p}]}]}\nstates:"
    return refused_profile(place, "states:", actions)


@says("expected detectors for the state …")
def state_without_detectors(place: Place) -> str:
    return refused_profile(place, "[{css: div}]", "[]")


@says("not UTF-8 text; save the file as UTF-8")
def another_encoding(place: Place) -> str:
    return refused(place, "name: \xe9\n".encode("latin-1"))


@says("a pattern of progress.patterns is too slow, and not used any more")
def slow_pattern(_place: Place) -> str:
    patterns = OwnPatterns((r"(a|aa)+$",))
    return logged(lambda: patterns.read("a" * 60 + "b"))


@says("an expression of a site profile is too slow, and finds nothing")
def slow_expression(_place: Place) -> str:
    expression._tell.cache_clear()
    return logged(lambda: expression.match(r"(a|aa)+$", "a" * 60 + "b"))


def site_of_ones_own(place: Place, text: str, name: str = "mine") -> None:
    """Put a site profile into the person's own folder."""
    file = place.folder / "config" / "colab-cdp-agent" / "sites" / f"{name}.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")


@says("no profile named … comes along; known: …")
def extends_no_profile(place: Place) -> str:
    site_of_ones_own(place, "extends: colaab\n")
    return run(place.folder, "--site", "mine").stderr


@says("the profile that is extended has no … to replace; known here: …")
def extends_no_part(place: Place) -> str:
    site_of_ones_own(place, "extends: colab\nreplaces: [states.nothing]\n")
    return run(place.folder, "--site", "mine").stderr


@says("no capture: expected a file that `colab-cdp-agent doctor --capture` wrote")
def no_capture(place: Place) -> str:
    (place.folder / "page.html").write_text("<p>Hello", encoding="utf-8")
    ended = run(place.folder, "profile", "test", "colab", "--against", "page.html")
    return ended.stdout + ended.stderr


@says("a site profile of your own is in force")
def own_profile(place: Place) -> str:
    site_of_ones_own(place, "extends: colab\n", "colab")
    agent = Command(place.folder, "--port", str(free_port()), "--no-mqtt")
    line = agent.until("a site profile of your own")
    agent.process.terminate()
    agent.end()
    return line
