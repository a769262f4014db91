"""Making this installation known to the server, and giving it a new identity when it was copied."""

import sys
from typing import Any

from field_client import errors, people
from field_client.clock import new_id, new_secret
from field_client.conversation import Conversation, expected
from field_client.crashes import crash_point
from field_client.outbox import Outbox
from field_client.store import Row, Store


def enrol(store: Store, talk: Conversation) -> None:
    """Enrols the device for a person who is signed in; their tokens are bound to it from now on."""
    person_id = talk.person_id
    assert person_id is not None, "an enrolment is somebody's"
    here = store.installation
    told = expected(talk.ask("POST", "/sync/v1/devices", body_of(here)), "access_token")
    with store.writing():
        moved = people.get(store, person_id)["device_id"] != here["device_id"]
        people.note(store, person_id, device_id=here["device_id"])
        people.keep_tokens(store, person_id, told)
        if moved:
            Outbox(store, person_id).renumber()


def enrol_anew(store: Store, talk: Conversation) -> None:
    """A new identity, after the server met another device with ours: somebody copied the store.

    It is written down before the server hears of it, so that an answer that is lost costs nothing. Ids
    and predecessors of what waits stay; only the numbers are new.
    """
    if talk.device_id == store.installation["device_id"]:
        store.set_installation(
            device_id=new_id(store.clock), install_secret=new_secret(store.clock)
        )
    enrol(store, talk)


def body_of(here: Row) -> dict[str, Any]:
    return {
        "device_id": here["device_id"],
        "platform": f"python-{sys.platform}",
        "name": here["name"],
        "install_secret": here["install_secret"],
    }


def sign_in(store: Store, talk: Conversation, username: str, password: str) -> Row:
    """Signs in and enrols; the person may work offline from then on. Returns the person's row.

    Raises WrongPassword, NetworkDown, ServerBusy, ServerSaid, OtherServer.
    """
    who = {"username": username, "password": password}
    answer = talk.ask("POST", "/api/v1/auth/login", who)
    if answer.status == 401:
        raise errors.WrongPassword()
    told = expected(answer, "access_token", "person")
    person = told["person"]
    if not isinstance(person, dict) or "id" not in person:
        raise errors.ForeignAnswer(why="not the expected object")
    crash_point("login.before_enrol")
    here = store.installation
    bearer = {"Authorization": f"Bearer {told['access_token']}"}
    answer = talk.ask("POST", "/sync/v1/devices", body_of(here), **bearer)
    tokens = expected(answer, "access_token", "refresh_token")
    crash_point("login.after_enrol")
    with store.writing():
        before = store.row("SELECT * FROM person WHERE person_id = ?", [str(person["id"])])
        people.sign_in(store, person, here["device_id"], tokens)
        if before and before["device_id"] != here["device_id"]:
            Outbox(store, str(person["id"])).renumber()
    crash_point("login.after_commit")
    return people.get(store, str(person["id"]))
