"""What every command of the command line takes.

Imported before anything else, so it imports next to nothing.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from colab_cdp_agent import __version__, program_arguments
from colab_cdp_agent.argument_types import seconds

LONGEST_DEMO_S = 86_400.0
LONGEST_WAIT_S = 3_600.0
OF_NO_COMMAND = ("-h", "--help", "--version")
PASSING = ("chrome", "service")
PASSED_ON = "--"
CONFIG = "another configuration file"
PLAINTEXT = "allow mqtt:// to another machine: whoever is on the way reads and writes along"
EPILOG = """\
exit codes: 0 ended as asked, 1 a command failed, 2 bad arguments or configuration,
3 Chrome or the broker could not be reached where the command needs it
"""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options, and which `command` they are of: `run` where none is named.

    What stands behind `--` is `passed_on` by the commands that start others. Those of `service` are
    options of `run`, and become its namespace too: `run_options`.
    """
    arguments = list(arguments)
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in OF_NO_COMMAND):
        arguments.insert(0, "run")  # what else stands first is a command, or meant as one
    every = parser()
    if arguments[0] not in PASSING or PASSED_ON not in arguments:
        options = every.parse_args(arguments, argparse.Namespace(passed_on=()))
    else:
        split = arguments.index(PASSED_ON)
        passed_on = tuple(arguments[split + 1 :])
        options = every.parse_args(arguments[:split], argparse.Namespace(passed_on=passed_on))
    if arguments[0] == "service":
        options.run_options = every.parse_args(["run", *options.passed_on])
    return options


def parser() -> argparse.ArgumentParser:
    """Return the parser, whose options name the `command`."""
    every = argparse.ArgumentParser(
        prog="colab-cdp-agent",
        description="A night watch for the notebooks in your own Chrome.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    every.add_argument("--version", action="version", version=f"colab-cdp-agent {__version__}")
    commands = every.add_subparsers(metavar="command", required=True)

    run = commands.add_parser("run", help="the agent (default)", allow_abbrev=False)
    _add_setup(run)
    run.add_argument("--observe", action="store_true", help="act on no tab; say what would be done")
    run.add_argument(
        "--lan",
        action="store_true",
        help="open the phone page and the agent's own broker to the local network, with passwords",
    )
    run.add_argument(
        "--log-format",
        choices=("text", "json"),
        default="text",
        help="for a person, or for a program",
    )
    run.set_defaults(command="run")

    watch = commands.add_parser(
        "watch", help="every agent on a broker, from any machine", allow_abbrev=False
    )
    _add_broker(watch)
    watch.add_argument("--json", action="store_true", help="one line of JSON for each change")
    watch.set_defaults(command="watch")

    send = commands.add_parser(
        "send",
        help="ask an agent, or one of its sessions, to do something",
        epilog="exit codes: 0 it was done, 1 refused or failed, 2 bad arguments, 3 nobody answers",
        allow_abbrev=False,
    )
    send.add_argument("target", metavar="AGENT[/SESSION]", help="a session by id or title")
    send.add_argument("verb", metavar="VERB", help="such as reconnect, clear, screenshot")
    send.add_argument("arguments", nargs="*", metavar="KEY=VALUE", help="what the verb takes")
    _add_broker(send)
    send.add_argument("--save", type=Path, metavar="FILE", help="where the screenshot goes")
    send.add_argument("--json", action="store_true", help="the answer as it came")
    send.add_argument(
        "--wait",
        type=seconds(LONGEST_WAIT_S, "more than 0 and at most an hour"),
        default=60.0,
        metavar="N",
        help="seconds for the answer; 60",
    )
    send.set_defaults(command="send")

    _add_doctor(commands.add_parser)

    report = commands.add_parser(
        "report",
        help="a night out of the journal: what ran, how far, and why not",
        allow_abbrev=False,
    )
    report.add_argument("--since", default="12h", metavar="WHEN", help="22:00, a date, or 12h")
    report.add_argument("--html", type=Path, metavar="FILE", help="write a page")
    report.add_argument("--name", help="the agent whose night it is")
    report.add_argument("--config", type=Path, metavar="FILE", help=CONFIG)
    report.set_defaults(command="report")

    alert = commands.add_parser(
        "test-alert", help="ring every configured push channel once", allow_abbrev=False
    )
    alert.add_argument("--config", type=Path, metavar="FILE", help=CONFIG)
    alert.set_defaults(command="test-alert")
    phone = commands.add_parser(
        "phone",
        help="where the phone page of an agent here is, and a code to scan",
        allow_abbrev=False,
    )
    phone.add_argument("--name", help="of which agent; else of all")
    phone.set_defaults(command="phone")
    _add_phone_config(commands.add_parser)
    _add_profile(commands.add_parser)
    program_arguments.add_chrome(commands.add_parser).set_defaults(command="chrome")
    program_arguments.add_service(commands.add_parser).set_defaults(command="service")

    demo = commands.add_parser(
        "demo", help="no Colab at hand: a stand-in notebook page in a headless browser"
    )
    demo.add_argument(
        "--seconds",
        type=seconds(LONGEST_DEMO_S, "more than 0 and at most a day"),
        metavar="N",
        help="end by itself after that long",
    )
    demo.set_defaults(command="demo")

    config = commands.add_parser("config", help="about the configuration file")
    config.add_argument("what", choices=("schema",), help="print its JSON Schema")
    config.set_defaults(command="config")
    return every


def _add_setup(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which Chrome, which sites and which broker."""
    _add_browsers(parser)
    parser.add_argument("--site", action="append", metavar="NAME", help="a site profile")
    broker = parser.add_mutually_exclusive_group()
    broker.add_argument("--mqtt", metavar="URL", help="a broker of your own")
    broker.add_argument(
        "--no-mqtt", action="store_const", const="none", dest="mqtt", help="no broker"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help=CONFIG)
    parser.add_argument("--name", help="this agent's name in every topic")
    parser.add_argument(
        "--insecure-plaintext",
        action="store_true",
        help=PLAINTEXT,
    )
    parser.add_argument(
        "--remote-chrome",
        action="store_true",
        help="allow a chrome.host that is not this machine: its port is open to that network",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="say more")


def _add_broker(parser: argparse.ArgumentParser) -> None:
    """Add the options that say on which broker the agents are."""
    parser.add_argument("--mqtt", metavar="URL", help="the broker; else as the agent here has it")
    parser.add_argument("--root", help="the first levels of every topic; colab")
    parser.add_argument("--config", type=Path, metavar="FILE", help=CONFIG)
    parser.add_argument("--insecure-plaintext", action="store_true", help=PLAINTEXT)


def _add_phone_config(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    phone = add_parser(
        "phone-config",
        help="a file for the phone app IoT MQTT Panel, and the topics for any other",
        allow_abbrev=False,
    )
    phone.add_argument(
        "--out",
        type=Path,
        default=Path("iot-mqtt-panel.json"),
        metavar="FILE",
        help="what is written; iot-mqtt-panel.json",
    )
    phone.add_argument("--mqtt", metavar="URL", help="a broker of your own")
    phone.add_argument("--lan", action="store_true", help="as the agent was started")
    phone.add_argument(
        "--with-password",
        action="store_true",
        help="write the broker's password into the file, for whoever gets it to read",
    )
    phone.add_argument("--config", type=Path, metavar="FILE", help=CONFIG)
    phone.add_argument("--insecure-plaintext", action="store_true", help="as for `run`")
    phone.set_defaults(command="phone-config")


def _add_profile(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    profile = add_parser("profile", help="a site profile: tried, or shown", allow_abbrev=False)
    what = profile.add_subparsers(metavar="what", required=True)
    test = what.add_parser(
        "test",
        help="try it on captures, or on the open tabs of a Chrome",
        epilog="exit codes: 0 every page can be read, 1 one cannot, 2 a mistake in the profile or"
        " no capture, 3 no Chrome",
        allow_abbrev=False,
    )
    test.add_argument("file", metavar="FILE", help="a profile's file, or its name")
    test.add_argument(
        "--against",
        type=Path,
        nargs="+",
        default=[],
        metavar="CAPTURE",
        help="what `doctor --capture` wrote",
    )
    _add_browsers(test)
    test.add_argument("--config", type=Path, metavar="FILE", help=CONFIG)
    test.set_defaults(command="profile-test")
    show = what.add_parser("show", help="print the files of the profile in force")
    show.add_argument("name", metavar="NAME", help="its name, or a file of your own")
    show.set_defaults(command="profile-show")


def _add_doctor(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    doctor = add_parser(
        "doctor", help="check all that the agent needs, each with its remedy", allow_abbrev=False
    )
    _add_setup(doctor)
    doctor.add_argument(
        "--tonight",
        action="store_true",
        help="ring the push channels too, and say in one line whether the night is safe",
    )
    doctor.add_argument("--ring", action="store_true", help="ring the push channels too")
    doctor.add_argument("--json", action="store_true", help="the findings as JSON")
    doctor.add_argument("--lan", action="store_true", help="as the agent is started")
    doctor.add_argument(
        "--capture",
        type=Path,
        nargs="?",
        const=Path("colab-cdp-agent-capture.html"),
        metavar="FILE",
        help="write the redacted structure of each open notebook, for a report or a profile",
    )
    doctor.set_defaults(command="doctor")


def _add_browsers(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which browsers."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--port",
        type=int,
        action="append",
        metavar="N",
        help="Chrome's debugging port; again for each further browser",
    )
    where.add_argument(
        "--profile-dir",
        type=Path,
        action="append",
        metavar="DIR",
        help="a running Chrome's folder; again for each further browser",
    )
