"""A stranger's file, checked by a process that may be killed: a parser never runs in the server itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

from server.documents.findings import Json

ROOT = Path(__file__).resolve().parents[2]
WALL_S = 20.0


def check(content: bytes) -> Json | None:
    """What `doorstep verify --json` says of it; None for what is nothing of ours, or cannot be read."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "server.documents.child"],
            input=content,
            capture_output=True,
            cwd=ROOT,
            env={**kept, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
            timeout=WALL_S,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0:
        return None
    told: Json = json.loads(done.stdout)
    return told
