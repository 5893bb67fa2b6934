"""`colab-cdp-agent report`: a night, out of the journal, for a terminal or as a page."""

import argparse
import platform
import re
import sys
from collections import defaultdict
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from rich.console import Console

from colab_cdp_agent import config
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.keep import journal_reader
from colab_cdp_agent.keep.journal import journal_path
from colab_cdp_agent.keep.whole_file import write_whole
from colab_cdp_agent.replies import fail, say
from colab_cdp_agent.report import words
from colab_cdp_agent.report.gather import gather
from colab_cdp_agent.report.night import Night
from colab_cdp_agent.report.page import page
from colab_cdp_agent.report.since import parse_since
from colab_cdp_agent.report.terminal import Report
from colab_cdp_agent.report.timeline import Span

__all__ = ["show"]

NAMED: Final = re.compile(r"journal-([a-z0-9_-]{1,32})\.sqlite")


def show(options: argparse.Namespace) -> int:
    """Show the night that the options ask for, and return the exit code.

    Raises:
        ConfigError: an option or the configuration cannot be used.

    """
    settings = config.override(config.read(config.find_config(options.config)), name=options.name)
    now = datetime.now().astimezone()
    span = Span(parse_since(options.since, now), now)
    name = config.agent_name(settings.name, platform.node())
    folder = config.state_dir()
    try:
        kept = journal_reader.read(journal_path(folder, name), span.began)
    except journal_reader.NoJournalError:
        return fail(_no_journal(folder, name))
    except journal_reader.JournalUnreadableError as error:
        return fail(error)
    archives = _archives(settings.archive.dir or folder / "archive", span)
    night = gather(kept, name, span, archives)
    if not night.notebooks and not night.limits:
        return fail(words.nothing(night))
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a pipe may hold less than a title does
    if options.html is not None:
        return _write(options.html, night)
    Report(Console(highlight=False, markup=False, emoji=False), night).show()
    return ExitCode.ENDED_AS_ASKED


def _write(file: Path, night: Night) -> int:
    try:
        write_whole(file, page(night).encode())
    except OSError as error:
        return fail(f"{file} cannot be written: {error.strerror or error}")
    say(f"The report is in {file}.")
    return ExitCode.ENDED_AS_ASKED


def _no_journal(folder: Path, name: str) -> str:
    """Return that there is no journal, and whose there are."""
    sentence = f"there is no journal of an agent named {name} in {folder}"
    others = sorted(
        found[1]
        for path in folder.glob("journal-*.sqlite")
        if (found := NAMED.fullmatch(path.name))
    )
    if others:
        return f"{sentence}; --name can be {' or '.join(others)}"
    return f"{sentence}: it is begun when the agent first runs"


def _archives(folder: Path, span: Span) -> dict[str, tuple[str, ...]]:
    """Return the archive's files of each session that were written to in a span."""
    found: dict[str, list[str]] = defaultdict(list)
    since = span.began.timestamp()
    for file in sorted(folder.glob("*/*.txt")):
        try:
            if file.stat().st_mtime >= since:
                found[file.parent.name].append(str(file))
        except OSError:
            continue  # pruned meanwhile
    return {session: tuple(files) for session, files in found.items()}
