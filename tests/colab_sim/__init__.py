"""A faithful stand-in for Google Colab's web front end, for a real Chromium to open."""

from colab_sim.notebook import Notebook, Outcome
from colab_sim.sim import ColabSim
from colab_sim.view import REPORT_ONLY, Connection, DialogKind, SnackbarKind

__all__ = [
    "REPORT_ONLY",
    "ColabSim",
    "Connection",
    "DialogKind",
    "Notebook",
    "Outcome",
    "SnackbarKind",
]
