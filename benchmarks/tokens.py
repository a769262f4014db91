"""Access tokens for installers, signed with the benchmark's secret as the server signs its own."""

from datetime import timedelta
from pathlib import Path

from flask_jwt_extended import create_access_token

from benchmarks.shops import Installer, config
from server.app import create_app
from server.clock import utc_now

LIFE = timedelta(days=1)


class Tokens:
    """The headers of each installer's requests, made once."""

    def __init__(self) -> None:
        self._app = create_app(config("sqlite:////nowhere.sqlite3", Path("/nowhere")))
        self._known: dict[str, dict[str, str]] = {}

    def headers(self, who: Installer) -> dict[str, str]:
        if who.id not in self._known:
            self._known[who.id] = {
                "Authorization": f"Bearer {self._token(who)}",
                "Sync-Device": who.device_id,
                "Sync-Protocol": "1",
                "Sync-App": "benchmark/1",
            }
        return self._known[who.id]

    def _token(self, who: Installer) -> str:
        until = int((utc_now() + LIFE).timestamp())
        claims = {"chain": who.chain_id, "device": who.device_id, "exp": until}
        with self._app.app_context():
            return create_access_token(who.id, additional_claims=claims)
