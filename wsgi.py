"""The app for other WSGI servers. They wait for slow senders as long as they like: see server/entrances.py."""

from server.app import create_app
from server.config import Config

app = create_app(Config.from_env())
