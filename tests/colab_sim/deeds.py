"""What a person, or a program, does to a page, and what comes of it."""

from typing import Any

from colab_sim.notebook import Notebook
from colab_sim.page import Page
from colab_sim.view import DialogKind

COMMAND_DIALOGS: dict[str, DialogKind] = {
    "restart": "restart_session",
    "restart-and-run-all": "restart_session",
    "powerwash-current-vm": "delete_runtime",
    "manage-sessions": "sessions",
    "change-runtime-type": "change_runtime_type",
}


async def do(notebook: Notebook, page: Page, deed: dict[str, Any]) -> None:
    """Carry out one deed that a page reports."""
    match deed:
        case {"deed": "connect"}:
            await _connect(notebook)
        case {"deed": "run", "index": index}:
            await notebook.run(index, page=page)
        case {"deed": "clear", "index": index}:
            notebook.sheet.log.cleared += 1
            notebook.sheet.drop_output(index)
        case {"deed": "answer", "id": dialog, "button": button}:
            await _answer(notebook, dialog, button)
        case {"deed": "command", "command": command}:
            await _command(notebook, page, command)
        case {"deed": "panel", "open": False}:
            notebook.sheet.view.panel = None
            await notebook.sheet.show("panel")
        case {"deed": "snackbar_closed", "slot": slot}:
            await notebook.snackbar(None, slot=slot)
        case _:
            raise ValueError(f"unknown deed {deed}")


async def _connect(notebook: Notebook) -> None:
    notebook.sheet.log.connect_clicks += 1
    if notebook.sheet.view.connection == "connected":
        first = notebook.sheet.options.generation == 2020
        notebook.sheet.view.panel = "sessions" if first else "resources"
        await notebook.sheet.show("panel")
    else:
        await notebook.connect()


async def _answer(notebook: Notebook, number: int, button: str) -> None:
    sheet = notebook.sheet
    dialog = next((one for one in sheet.view.dialogs if one.id == number), None)
    if dialog is None:
        return  # a second click on a button whose dialog is on its way out
    sheet.view.dialogs.remove(dialog)
    sheet.log.answers.append({"kind": dialog.kind, "button": button})
    await sheet.show("dialogs")
    match dialog.kind, button:
        case "disconnected", "ok":
            await notebook.connect()
        case "usage_limit", "ok":
            await notebook.resources(accelerator="")
            await notebook.connection("connected")
        case "too_many_sessions", "ok":
            await notebook.dialog("sessions")
        case "delete_runtime", "ok":
            await notebook.connection("no_runtime")
        case "change_runtime_type", "ok":
            await notebook.dialog("dismiss_runtime_warning")
        case "restart_session", "ok":
            await notebook.execution.restart()


async def _command(notebook: Notebook, page: Page, command: str) -> None:
    sheet = notebook.sheet
    sheet.log.commands.append(command)
    if command in COMMAND_DIALOGS:
        await notebook.dialog(COMMAND_DIALOGS[command])
    elif command == "runall":
        for index, cell in enumerate(sheet.cells):
            if cell.state not in {"running", "pending"}:
                await notebook.run(index, page=page)
    elif command in {"runfocused", "runselected"}:
        await notebook.run(0, page=page)
    elif command == "interrupt":
        await notebook.interrupt()
    elif command == "clear-outputs":
        sheet.log.cleared += 1
        await notebook.clear()
    elif command == "open-resource-viewer":
        sheet.view.panel = "resources"
        await sheet.show("panel")
