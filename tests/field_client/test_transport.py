"""What goes over the wire."""

import gzip
import json

from field_client.transport import packed


def test_half_a_character_travels_as_its_escape() -> None:
    """A queue in which it waits would never drain otherwise."""
    body, headers = packed({"text": "half \ud83d", "and": "整"})
    assert json.loads(body) == {"text": "half \ud83d", "and": "整"}
    assert "Content-Encoding" not in headers


def test_what_is_long_is_packed() -> None:
    body, headers = packed({"text": "long " * 1000})
    assert headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(body)) == {"text": "long " * 1000}
