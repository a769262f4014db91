"""What is loaded before a command is forked off; nothing of it is thrown away, so no collector need look at it."""

import gc

import server.app
import server.cli
import server.serving
import server.worker

__all__ = ["server"]

gc.collect()
gc.freeze()
