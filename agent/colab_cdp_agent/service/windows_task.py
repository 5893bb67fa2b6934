"""A job as a scheduled task of Windows; pure. The elements stand in the Task Scheduler Schema.

`RestartOnFailure` is for tasks that cannot be started (MS-TSCH 2.5.4.2), not for those that crash:
so the trigger is repeated, and does nothing while the task runs.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import PurePath, PureWindowsPath
from typing import TypeAlias

from colab_cdp_agent.service.job import DESCRIPTION, MODULE, Job

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
REPEATED = "PT5M"
NO_LIMIT = "PT0S"
"""Otherwise a task is ended after three days."""
NORMAL_PRIORITY = "5"
INTO_FILE = "colab_cdp_agent.service.into_file"
PLAIN = re.compile(r"[\w@+=:,./\\-]+", re.ASCII)
EXPANDED = re.compile(r"([%$])")
"""`%NAME%` and `$(Arg0)` are replaced before the line is taken apart, and nothing escapes them."""

Elements: TypeAlias = Mapping[str, "str | Elements"]


def task(job: Job, log: PurePath, user: str) -> str:
    r"""Return the XML of the task, for a user as `DOMAIN\name`; it is to be written as UTF-16."""
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(f"{{{NAMESPACE}}}Task", version="1.2")
    _fill(root, _elements(job, log, user))
    for actions in root.iter(f"{{{NAMESPACE}}}Actions"):
        actions.set("Context", "Author")
    for principal in root.iter(f"{{{NAMESPACE}}}Principal"):
        principal.set("id", "Author")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-16"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _elements(job: Job, log: PurePath, user: str) -> Elements:
    settings: Elements = {
        "MultipleInstancesPolicy": "IgnoreNew",
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        "StartWhenAvailable": "true",
        "ExecutionTimeLimit": NO_LIMIT,
        "Priority": NORMAL_PRIORITY,
    }
    trigger: Elements = {
        "Repetition": {"Interval": REPEATED, "StopAtDurationEnd": "false"},
        "Enabled": "true",
        "UserId": user,
    }
    principal: Elements = {
        "UserId": user,
        "LogonType": "InteractiveToken",
        "RunLevel": "LeastPrivilege",
    }
    action: Elements = {"Command": str(_windowless(job.python)), "Arguments": arguments(job, log)}
    return {
        "RegistrationInfo": {"Description": DESCRIPTION},
        "Triggers": {"LogonTrigger": trigger},
        "Principals": {"Principal": principal},
        "Settings": settings,
        "Actions": {"Exec": action},
    }


def _fill(parent: ET.Element, elements: Elements) -> None:
    for name, value in elements.items():
        child = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}")
        if isinstance(value, str):
            child.text = value
        else:
            _fill(child, value)


def arguments(job: Job, log: PurePath) -> str:
    """Return what follows the interpreter, as one line."""
    variables = (f"{name}={value}" for name, value in job.environment.items())
    words = (*MODULE, INTO_FILE, str(log), *variables, *job.arguments)
    return " ".join(map(_word, words))


def _word(text: str) -> str:
    """Return a text as one argument.

    A `%` or `$` stands outside of the quotes, and a quote behind it: so between two of them there
    is one always, and the name of no variable.
    """
    if PLAIN.fullmatch(text):
        return text
    first, *rest = EXPANDED.split(text)
    behind = zip(rest[::2], rest[1::2], strict=True)
    parts = [_quoted(first)] if first or not rest else []
    return "".join((*parts, *(special + _quoted(part) for special, part in behind)))


def _quoted(text: str) -> str:
    """Return a text in quotes, by the rules of Microsoft's C runtime."""
    inner = re.sub(r'(\\*)"', r'\1\1\\"', text)
    end = re.sub(r"(\\*)\Z", r"\1\1", inner, count=1)
    return f'"{end}"'


def _windowless(python: PurePath) -> PurePath:
    """Return the interpreter that opens no console window."""
    program = PureWindowsPath(python)
    return program.with_name("pythonw.exe") if program.name.lower() == "python.exe" else python
