"""What processes cost, read from /proc: CPU of whole trees, memory, and the flushes of a disk."""

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def tree(*roots: int) -> list[int]:
    """These processes and all that descend from them."""
    children: dict[int, list[int]] = defaultdict(list)
    for pid, fields in _stats():
        children[int(fields[1])].append(pid)
    found, new = [], list(roots)
    while new:
        pid = new.pop()
        found.append(pid)
        new += children[pid]
    return found


def _stats() -> Iterable[tuple[int, list[str]]]:
    """Of each process its id and the fields of its stat behind the name (proc_pid_stat(5))."""
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            fields = _stat(int(folder.name))
            if fields:
                yield int(folder.name), fields


def _stat(pid: int) -> list[str]:
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes, with that of children which they have outlived."""
    ticks = 0
    for pid in pids:
        fields = _stat(pid)
        ticks += sum(int(value) for value in fields[11:15])
    return ticks / TICKS


def resident_bytes(pid: int) -> int:
    """What the process holds in memory, shared pages included (RSS)."""
    fields = _stat(pid)
    return int(fields[21]) * os.sysconf("SC_PAGE_SIZE") if fields else 0


def proportional_bytes(pids: Iterable[int]) -> int:
    """Memory of processes together, each shared page counted once (PSS)."""
    total = 0
    for pid in pids:
        try:
            lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def peak_bytes(pid: int) -> int:
    """The most that the process ever held (VmHWM)."""
    for line in (PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def flushes(folder: Path) -> int:
    """Flush requests that the disk under this folder has completed, whoever asked for them."""
    device = folder.stat().st_dev
    stat = PROC.parent / f"sys/dev/block/{os.major(device)}:{os.minor(device)}/stat"
    if not stat.exists():
        return 0
    fields = stat.read_text().split()
    return int(fields[15]) if len(fields) > 15 else 0  # iostats.rst: since Linux 5.5


def is_real_disk(folder: Path) -> bool:
    """Whether what is flushed there goes to a device at all (not tmpfs)."""
    device = folder.stat().st_dev
    return Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").exists()
