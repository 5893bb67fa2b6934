"""Every mistake in the file is one sentence with its place, and never shows a secret."""

import pytest

from colab_cdp_agent.config import Config, ConfigError
from colab_cdp_agent.yaml_file import convert, parse


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "# x\nchrome:\n  prot: 1\n",
            (
                "3: chrome.prot: unknown key; did you mean 'port'? "
                "Known: host, port, profile_dir, name"
            ),
        ),
        (
            "mqtt: {x: 1}",
            "1: mqtt.x: unknown key. Known: url, root, username, password, ca_file",
        ),
        ("chrome:\n  port: 0", "2: chrome.port: expected a whole number of at least 1, found 0"),
        (
            "web: {port: 65536}",
            "1: web.port: expected a whole number of at most 65535, found 65536",
        ),
        ("chrome: {port: yes}", "1: chrome.port: expected a whole number, found 'yes'"),
        ("awake: on", "1: awake: expected true or false, found 'on'"),
        ("chrome:", "1: chrome: expected keys with values or a list, found nothing (null)"),
        ("- chrome", "1: expected keys with values, found a list"),
        (
            "name: Night",
            "1: name: expected 1 to 32 of the characters a-z, 0-9, '-' and '_', found 'Night'",
        ),
        (
            "name: 7",
            (
                "1: name: expected 1 to 32 of the characters a-z, 0-9, '-' and '_', found 7, "
                "which needs quotes to be text"
            ),
        ),
        (
            "mqtt: {root: a//b}",
            (
                "1: mqtt.root: expected one to four topic levels such as colab or home/colab, "
                "each of 1 to 32 of the characters a-z, 0-9, '-' and '_', found 'a//b'"
            ),
        ),
        (
            "duties:\n  keep_alive:\n    every: 5\n",
            (
                "3: duties.keep_alive.every: expected a duration such as 30s, 5m, 12h or 30d, "
                "found 5 without a unit: write 5s or 5m or 5h"
            ),
        ),
        (
            "duties: {keep_alive: {every: 9s}}",
            "1: duties.keep_alive.every: expected a duration from 10s to 30d, found 9s",
        ),
        (
            "duties: {keep_alive: {when: runing}}",
            (
                "1: duties.keep_alive.when: expected one of connected, running, found 'runing'; "
                "did you mean 'running'?"
            ),
        ),
        (
            "duties: {reconnect: {tries: 21}}",
            "1: duties.reconnect.tries: expected a whole number of at most 20, found 21",
        ),
        (
            "archive: {max_bytes: 2000}",
            (
                "1: archive.max_bytes: expected a size such as 500kB, 2MB, 2GB or 64MiB, "
                "found 2000 without a unit: write 2000kB or 2000MB or 2000GB"
            ),
        ),
        (
            "archive: {max_bytes: 1kB}",
            "1: archive.max_bytes: expected a size from 1MB to 1000TB, found 1kB",
        ),
        ("archive: {dir: 4}", "1: archive.dir: expected a path, found 4"),
        ("sites: []", "1: sites: expected a list with a length of at least 1, found an empty list"),
        (
            "sites:\n- colab\n- My Site\n",
            (
                "3: sites[1]: expected the name of a site profile such as colab, or a path "
                "that ends "
                "in .yaml, found 'My Site'"
            ),
        ),
        (
            "alerts: {quiet: 22:00}",
            (
                "1: alerts.quiet: expected two different times of day such as 22:00-07:00, found "
                "'22:00'"
            ),
        ),
        (
            "progress: {patterns: ['(']}",
            (
                "1: progress.patterns[0]: expected a regular expression, found '(': missing ), "
                "unterminated subpattern at position 0"
            ),
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        convert(parse(text, "f.yaml"), Config)
    assert str(caught.value) == f"f.yaml:{message}"


@pytest.mark.parametrize(
    "text",
    [
        "mqtt: hunter2",
        "mqtt: [hunter2]",
        "mqtt: {password: [hunter2]}",
        "mqtt: {password: hunter2: x}",
        "mqtt: {password: *hunter2}",
        "mqtt: {password: !hunter2}",
        "mqtt: {password: &hunter2}",
        "mqtt: {password: 'hunter2}",
        "mqtt: {url: 'mqtt://me:hunter2@host'}",
        "mqtt: {url: 'mqtt:/me:hunter2@host'}",
        "mqtt: {url: 'mqtt://me:hunter2/x@host'}",
        "commands: {key: hunter2}",
        "alerts: {apprise: 'tgram://hunter2/5'}",
        "alerts: {apprise: ['hunter2']}",
    ],
)
def test_a_mistake_about_a_secret_does_not_repeat_it(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        convert(parse(text, "f.yaml"), Config)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in str(caught.value.__cause__)
