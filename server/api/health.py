"""Is it alive, is it ready, and the figures for Prometheus."""

import os
from typing import Any

from flask import Blueprint, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, multiprocess
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from server.auth import is_open
from server.db import migrate
from server.house import house
from server.requests import figures

blp = Blueprint("health", __name__)


@blp.get("/healthz")
@is_open
def live() -> dict[str, str]:
    """The process answers; nothing else is asked."""
    return {"status": "ok"}


@blp.get("/readyz")
@is_open
def ready() -> tuple[dict[str, Any], int]:
    """Whether requests can be served: database, migrations, media folder, room on the disk."""
    checks = {
        "database": _database(),
        "migrations": _migrations(),
        "media": _media(),
        "disk": _disk(),
    }
    is_ready = all(checks.values())
    return {
        "status": "ready" if is_ready else "not_ready",
        "checks": checks,
    }, 200 if is_ready else 503


@blp.get("/metrics")
@is_open
def metrics() -> Response:
    """Figures in the text format of Prometheus; keep this address inside your network."""
    return Response(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    """The figures of all processes of this server, where there are several."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return figures(current_app).registry
    together = CollectorRegistry()
    multiprocess.MultiProcessCollector(together)
    return together


def _database() -> bool:
    try:
        return house().database.read(
            lambda session: session.execute(text("select 1")).scalar() == 1
        )
    except SQLAlchemyError:
        return False


def _migrations() -> bool:
    try:
        return migrate.is_current(house().database)
    except SQLAlchemyError:
        return False


def _media() -> bool:
    try:
        house().media.free_bytes()  # makes the folder where there is none
    except OSError:
        return False
    return os.access(house().media.root, os.W_OK)


def _disk() -> bool:
    try:
        return house().media.free_bytes() >= house().config.disk_reserve
    except OSError:
        return False
