"""Which tablet is asking: the calls of the sync protocol belong to one enrolled installation."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from flask import g

from server.actions import sign_ins
from server.actions.sign_ins import Caller
from server.auth import caller
from server.domain import errors
from server.house import house
from server.requests import said

View = TypeVar("View", bound=Callable[..., Any])

SEEN_EVERY = timedelta(minutes=1)


def from_tablet(view: View) -> View:
    """Lets a view run only for a sign-in that is bound to the device which `Sync-Device` names.

    Stands outside `@writes` and `@reads`: that a tablet was seen is noted in a transaction of its own,
    at most once a minute. What a device may still do when it is draining or revoked, the view decides.
    """

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        _note_seen(tablet())
        return view(*args, **kwargs)

    return checked  # type: ignore[return-value]


def tablet() -> Caller:
    """The person and the device behind this request; raises `DeviceUnknown` where they do not fit."""
    found: Caller | None = g.get("tablet")
    if found is None:
        found = g.tablet = _fitting(caller())
    return found


def _fitting(who: Caller) -> Caller:
    if who.device is None or said("Sync-Device") != who.device.id:
        raise errors.DeviceUnknown()
    return who


def _note_seen(who: Caller) -> None:
    device, here = who.device, house()
    assert device is not None, "a tablet has one"
    now = here.clock()
    if device.last_seen_at is not None and now - device.last_seen_at < SEEN_EVERY:
        return
    app = said("Sync-App") or ""
    here.database.write_together(lambda session: sign_ins.seen(session, device.id, app, now))
