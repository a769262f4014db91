"""The vectors of tests/vectors: what both clients and the server must agree on, as plain JSON."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "vectors"


def vectors(name: str) -> Any:
    """What stands in tests/vectors/<name>.json."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
