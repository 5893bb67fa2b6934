"""The command line: arguments to configuration to a run, and what went wrong to an exit code.

Whatever a command needs is imported when it runs.
"""

import argparse
import sys
from collections.abc import Callable, Sequence

from colab_cdp_agent.arguments import parse
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.replies import fail


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say, by default those of the process, and return the exit code."""
    options = parse(sys.argv[1:] if argv is None else argv)
    from colab_cdp_agent.settings.document import ConfigError  # noqa: PLC0415 - `--help` needs none

    try:
        return COMMANDS[options.command](options)
    except ConfigError as error:
        return fail(error, ExitCode.BAD_INPUT)


def _run(options: argparse.Namespace) -> int:
    from colab_cdp_agent import running  # noqa: PLC0415 - `--version` needs none of it

    return running.run(options)


def _watch(options: argparse.Namespace) -> int:
    from colab_cdp_agent import remote  # noqa: PLC0415

    return remote.watch(options)


def _send(options: argparse.Namespace) -> int:
    from colab_cdp_agent import remote  # noqa: PLC0415

    return remote.send(options)


def _doctor(options: argparse.Namespace) -> int:
    from colab_cdp_agent import doctor  # noqa: PLC0415

    return doctor.examine(options)


def _report(options: argparse.Namespace) -> int:
    from colab_cdp_agent import report  # noqa: PLC0415

    return report.show(options)


def _test_alert(options: argparse.Namespace) -> int:
    from colab_cdp_agent.tell.alerts import trial  # noqa: PLC0415

    return trial.ring(options)


def _phone(options: argparse.Namespace) -> int:
    from colab_cdp_agent.tell.web import phone  # noqa: PLC0415

    return phone.show(options)


def _phone_config(options: argparse.Namespace) -> int:
    from colab_cdp_agent import phone_config  # noqa: PLC0415

    return phone_config.make(options)


def _profile_test(options: argparse.Namespace) -> int:
    from colab_cdp_agent import trial  # noqa: PLC0415

    return trial.test(options)


def _profile_show(options: argparse.Namespace) -> int:
    from colab_cdp_agent import trial  # noqa: PLC0415

    return trial.show_text(options)


def _chrome(options: argparse.Namespace) -> int:
    from colab_cdp_agent import own_chrome  # noqa: PLC0415

    return own_chrome.open_one(options)


def _service(options: argparse.Namespace) -> int:
    from colab_cdp_agent import service  # noqa: PLC0415

    return service.manage(options)


def _demo(options: argparse.Namespace) -> int:
    from colab_cdp_agent import demo  # noqa: PLC0415

    return demo.show(options.seconds)


def _config(_options: argparse.Namespace) -> int:
    import msgspec  # noqa: PLC0415

    from colab_cdp_agent.config import schema  # noqa: PLC0415

    text = msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode()
    sys.stdout.write(text + "\n")
    return ExitCode.ENDED_AS_ASKED


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": _run,
    "watch": _watch,
    "send": _send,
    "doctor": _doctor,
    "report": _report,
    "test-alert": _test_alert,
    "phone": _phone,
    "phone-config": _phone_config,
    "profile-test": _profile_test,
    "profile-show": _profile_show,
    "chrome": _chrome,
    "service": _service,
    "demo": _demo,
    "config": _config,
}
