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
        is_whole, size = float(self.value).is_integer(), abs(self.value)
        digits = 0 if is_whole or size >= 100 else 1 if size >= 10 else 2
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
            f"    {line.what}: {line.value_text}   bar {line.bar_text}   {line.verdict}"
            + (f"   ({line.against})" if line.against else ""),
            flush=True,
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
        """Writes `results.json` and `results.md`; lines that this run left out stay as they were."""
        file = folder / "results.json"
        topics: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        for topic in dict.fromkeys(line.topic for line in self.lines):
            topics[topic] = {
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "machine": machine(),
                "versions": versions,
                "warnings": self.warnings,
                "lines": [asdict(line) for line in self.lines if line.topic == topic],
                "sides": [each for each in self.sides if each["topic"] == topic],
            }
        file.write_text(json.dumps(topics, indent=1, ensure_ascii=False) + "\n")
        (folder / "results.md").write_text(markdown(topics))


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


def markdown(topics: dict[str, Any]) -> str:
    """Ready for docs/performance.md: what was measured where, the bars, then the raw figures."""
    text = [
        *dict.fromkeys(_told_where(each) for each in topics.values()),
        "",
        *dict.fromkeys(f"**{each}**\n" for topic in topics.values() for each in topic["warnings"]),
        "| | Measured | Bar | | Compared with |",
        "| --- | --- | --- | --- | --- |",
    ]
    for topic, told in topics.items():
        text.append(f"| **{topic}** | | | | |")
        for line in (Line(**each) for each in told["lines"]):
            row = (line.what, line.value_text, line.bar_text, line.verdict, line.against)
            text.append(f"| {' | '.join(row)} |")
    sides = [each for told in topics.values() for each in told["sides"]]
    return "\n".join([*text, "", *_sides_table(sides)]) + "\n"


def _told_where(told: dict[str, Any]) -> str:
    of = told["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in told["versions"].items())
    return (
        f"Measured on {told['at'][:10]}: {of['processors']} processors "
        f"({of['processor'] or 'unnamed'}), {of['memory']}, {of['system']}, Linux {of['kernel']}; "
        f"{versions}."
    )


def _sides_table(sides: list[dict[str, Any]]) -> list[str]:
    names = (
        "Work",
        "Side",
        "per second",
        "p50 ms",
        "p99 ms",
        "CPU ms each",
        "flushes each",
        "client",
    )
    text = [f"| {' | '.join(names)} |", f"|{' --- |' * len(names)}"]
    for each in sides:
        row = (
            f"{each['topic']}: {each['setting']}",
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
