"""The entrance for WSGI servers: `granian --interface wsgi wsgi:app`."""

from server.app import create_app
from server.config import Config

app = create_app(Config.from_env())
