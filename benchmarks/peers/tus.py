"""@tus/server: the reference server of the upload protocol, with its file store; no fsync, no hash."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.client import Answer, Request, request
from benchmarks.peers import installing
from benchmarks.peers.running import running
from benchmarks.sides import Side
from benchmarks.visits import File
from tests.live import free_port

NAME = "@tus/server"


@contextmanager
def serving(folder: Path) -> Iterator[Side]:
    """In two processes. Raises NotInstalled."""
    home, port = installing.node_folder(), free_port()
    data = folder / "tus"
    data.mkdir()
    command: list[str | Path] = [installing.node(), home / "tus.mjs", data, str(port)]
    with running(command, port, folder, "tus") as pid:
        yield Side(NAME, port, (pid,))


def upload(file: File) -> Request:
    """Creation with upload: the whole file in one request."""
    headers = {
        "Tus-Resumable": "1.0.0",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Length": str(file.size),
        "Upload-Metadata": f"filetype {b64encode(b'image/jpeg').decode()}",
    }
    offset = f"\r\nupload-offset: {file.size}\r\n".encode()

    def is_whole(answer: Answer) -> bool:
        return answer.status == 201 and offset in answer.head.lower() + b"\r\n"

    return request("POST", "/files", headers, file.pieces, is_good=is_whole)
