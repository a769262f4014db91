"""What was found when a file was checked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was signed: a stable code, where, and what is there and should be."""

    code: str
    where: str
    found: str = ""
    expected: str = ""


@dataclass(slots=True)
class Report:
    """`kind` is pdf or evidence. `facts` are what the file says of itself, worth as much as its signature."""

    kind: str
    facts: Json = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_unchanged(self) -> bool:
        return not self.findings

    def find(self, code: str, where: str, found: object = "", expected: object = "") -> None:
        self.findings.append(Finding(code, where, _short(found), _short(expected)))

    def told(self) -> Json:
        """For machines."""
        return {
            "kind": self.kind,
            "unchanged": self.is_unchanged,
            "facts": self.facts,
            "findings": [
                {"code": f.code, "where": f.where, "found": f.found, "expected": f.expected}
                for f in self.findings
            ],
        }


class Unreadable(Exception):
    """This is neither a receipt's PDF nor a bundle of evidence, or it is cut off."""


def _short(value: object) -> str:
    return str(value)[:200]


def differences(found: Any, expected: Any, where: str = "") -> Iterable[tuple[str, Any, Any]]:
    """(path, what is there, what should be) wherever two documents differ."""
    if isinstance(found, dict) and isinstance(expected, dict):
        for name in sorted(found.keys() | expected.keys()):
            path = f"{where}.{name}" if where else str(name)
            yield from differences(found.get(name), expected.get(name), path)
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for number, pair in enumerate(zip(found, expected, strict=True)):
            yield from differences(*pair, f"{where}[{number}]")
    elif found != expected or type(found) is not type(expected):
        yield where, found, expected
