"""What import-linter cannot say: the rules use the standard library and nothing else."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = sorted((ROOT / "server/domain").rglob("*.py"))


def imported(source: str) -> Iterator[str]:
    """The full name of every module that a file imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "server.domain" if node.level else str(node.module)


@pytest.mark.parametrize("file", DOMAIN, ids=lambda file: file.stem)
def test_the_rules_import_the_standard_library_and_themselves_only(file: Path) -> None:
    others = [
        name
        for name in imported(file.read_text(encoding="utf-8"))
        if name.split(".")[0] not in sys.stdlib_module_names
        and not (name + ".").startswith("server.domain.")
    ]
    assert others == []
