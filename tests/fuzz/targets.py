"""The decoders that need neither a socket nor a loop, in one table.

The hypothesis test and the driver of atheris both take them from here.
"""

from fuzz import files, frames, over_mqtt, printing

TARGETS = (*frames.TARGETS, *over_mqtt.TARGETS, *printing.TARGETS, *files.TARGETS)
