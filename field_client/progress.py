"""A bar for each file on its way, where somebody watches."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from field_client.uploads import Progress


@contextmanager
def shown_progress(*, enabled: bool) -> Iterator[Progress | None]:
    """The function to tell of progress; None when nobody watches."""
    if not enabled or not sys.stderr.isatty():
        yield None
        return
    from rich import progress as bars
    from rich.console import Console

    columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.DownloadColumn())
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        tasks: dict[str, bars.TaskID] = {}

        def tell(sha256: str, here: int, size: int) -> None:
            if sha256 not in tasks:
                tasks[sha256] = shown.add_task(sha256[:8], total=size)
            shown.update(tasks[sha256], completed=here)

        yield tell
