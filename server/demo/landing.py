"""The first page that a tablet sees: the demo's certificate to install, and the way to the app.

It is served without encryption, because the tablet does not trust us yet; there is nothing on it to steal.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGE = """<!doctype html>
<html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Doorstep</title>
<style>body{{font:20px/1.6 system-ui,sans-serif;margin:2rem;max-width:34rem}}
a{{display:block;padding:1rem;margin:.5rem 0 1.5rem;background:#0a4a4d;color:#fff;border-radius:8px;
text-decoration:none;text-align:center}}</style>
<h1>Doorstep</h1>
<p>{install}</p><a href="/authority.crt">{certificate}</a>
<p>{then}</p><a href="{app}">{open_it}</a>
"""


@contextmanager
def landing(host: str, port: int, authority: Path, page: str) -> Iterator[None]:
    """Serves the page and the certificate until the block ends."""
    certificate, text = authority.read_bytes(), page.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_file = self.path == "/authority.crt"
            body = certificate if is_file else text
            kind = "application/x-x509-ca-cert" if is_file else "text/html; charset=utf-8"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer((host, port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def address_in_network() -> str:
    """This machine's address as others in its network know it. Nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation (RFC 5737)
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
