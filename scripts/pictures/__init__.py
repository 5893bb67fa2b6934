"""The pictures of the docs, drawn by the program itself before a stand-in's notebooks.

`PYTHONPATH=tests:scripts python -m pictures` draws all of them anew, `… phone watch` those two. It
needs a Chromium, a mosquitto, and a system with pseudo-terminals.
"""
