"""What was measured, against its bars: on the screen, as JSON and as a table for docs/performance.md."""

import json
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.sides import Rounds

MEASURED, RECORDED = "measured beside it", "recorded earlier"


@dataclass(frozen=True)
class Line:
    """One figure and what it has to reach. `bar` None: measured, without a bar."""

    topic: str
    what: str
    value: float
    unit: str = ""
    bar: float | None = None
    at_most: bool = False
    against: str = ""

    @property
    def is_met(self) -> bool | None:
        if self.bar is None:
            return None
        return self.value <= self.bar if self.at_most else self.value >= self.bar

    @property
    def verdict(self) -> str:
        return {None: "–", True: "met", False: "not met"}[self.is_met]

    @property
    def bar_text(self) -> str:
        if self.bar is None:
            return "–"
        return f"{'≤' if self.at_most else '≥'} {self.bar:g} {self.unit}".rstrip()

    @property
    def value_text(self) -> str:
        digits = 0 if abs(self.value) >= 100 else 1 if abs(self.value) >= 10 else 2
        return f"{self.value:.{digits}f} {self.unit}".rstrip()


@dataclass
class Record:
    """Everything that one run found out."""

    lines: list[Line] = field(default_factory=list)
    sides: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def note(self, line: Line) -> None:
        self.lines.append(line)
        print(
            f"    {line.what}: {line.value_text}   bar {line.bar_text}   {line.verdict}", flush=True
        )

    def show(self, topic: str, setting: str, rounds: Iterable[Rounds]) -> None:
        """The raw figures of some sides, measured in turns."""
        print(f"  {topic}, {setting}")
        for each in rounds:
            print(f"    {each.line()}", flush=True)
            self.sides.append(
                {"topic": topic, "setting": setting, "side": each.name, **each.told()}
            )

    def warn(self, text: str) -> None:
        self.warnings.append(text)
        print(f"\n  !!!! {text}\n", flush=True)

    def save(self, folder: Path, versions: dict[str, str]) -> None:
        told = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "versions": versions,
            "warnings": self.warnings,
            "lines": [{**asdict(line), "is_met": line.is_met} for line in self.lines],
            "sides": self.sides,
        }
        (folder / "results.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
        (folder / "results.md").write_text(markdown(told, self.lines))


def machine() -> dict[str, str]:
    return {
        "processors": str(_count_processors()),
        "processor": _first("/proc/cpuinfo", "model name"),
        "memory": f"{int(_first('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GiB",
        "system": _first("/etc/os-release", "PRETTY_NAME", "=").strip('"'),
        "kernel": platform.release(),
    }


def _count_processors() -> int:
    done = subprocess.run(["nproc"], capture_output=True, text=True, check=True)
    return int(done.stdout)


def _first(file: str, name: str, between: str = ":") -> str:
    """The value beside this name in a file of the system; empty when there is none."""
    for line in Path(file).read_text().splitlines():
        key, _, value = line.partition(between)
        if key.strip() == name:
            return value.strip()
    return ""


def markdown(told: dict[str, Any], lines: list[Line]) -> str:
    """Ready for docs/performance.md."""
    of = told["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in told["versions"].items())
    text = [
        f"Measured {told['at'][:10]} on {of['processors']} processors ({of['processor'] or 'unnamed'}), "
        f"{of['memory']}, {of['system']}, Linux {of['kernel']}; {versions}.",
        "",
    ]
    text += [f"**{warning}**\n" for warning in told["warnings"]]
    text += ["| | Measured | Bar | | Compared with |", "| --- | --- | --- | --- | --- |"]
    topic = ""
    for line in lines:
        if line.topic != topic:
            topic = line.topic
            text.append(f"| **{topic}** | | | | |")
        row = (line.what, line.value_text, line.bar_text, line.verdict, line.against)
        text.append(f"| {' | '.join(row)} |")
    text += ["", *_sides_table(told["sides"])]
    return "\n".join(text) + "\n"


def _sides_table(sides: list[dict[str, Any]]) -> list[str]:
    text = [
        "| Work | Side | per second | p50 ms | p99 ms | CPU ms each | flushes each | client, share of a core |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for each in sides:
        row = (
            f"{each['topic']}, {each['setting']}",
            each["side"],
            f"{each['per_second']:.1f}",
            f"{each['p50_ms']:.1f}",
            f"{each['p99_ms']:.1f}",
            f"{each['cpu_ms']:.2f}",
            f"{each['flushes']:.2f}",
            f"{each['client_share']:.0%}",
        )
        text.append(f"| {' | '.join(row)} |")
    return text
