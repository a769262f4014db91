"""A whole shop in one process and one seed: server, tablets and office, and everything that goes wrong.

The real Flask app over a real SQLite file and real media, real companions with real stores, a virtual clock
and one chance. The same seed decides the same again. `python -m tests.sync.simulation --help`.
"""
