"""Every fault of the night, by its name."""

from typing import Final

from chaos.fault import Fault
from chaos.faults.agent import AGENT
from chaos.faults.broker import BROKER
from chaos.faults.browser import BROWSER
from chaos.faults.computer import COMPUTER
from chaos.faults.runtime import RUNTIME
from chaos.faults.tabs import TABS

FAULTS: Final[dict[str, Fault]] = {
    fault.name: fault for fault in (*TABS, *RUNTIME, *BROWSER, *BROKER, *COMPUTER, *AGENT)
}
