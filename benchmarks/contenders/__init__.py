"""The ways to a browser's tabs that are compared, each a small module, each run in a process.

A contender has a process to itself, `child.py` for Python's and `puppeteer_core.js` for Node's, so
that memory and processor time are its own and no library's old pins meet another's. What takes
time is timed in that process.
"""
