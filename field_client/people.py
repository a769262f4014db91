"""Who has signed in on this device: each person with tokens, a pull cursor and an outbox of their own."""

from typing import Any

from field_client import errors
from field_client.store import Row, Store


def find(store: Store, username: str) -> Row:
    """Raises PersonUnknown for somebody who never signed in here."""
    row = store.row("SELECT * FROM person WHERE username = ?", [username])
    if row is None:
        raise errors.PersonUnknown(username=username)
    return row


def get(store: Store, person_id: str) -> Row:
    row = store.row("SELECT * FROM person WHERE person_id = ?", [person_id])
    if row is None:
        raise errors.SignInNeeded()
    return row


def current(store: Store) -> Row:
    """The person who signed in last. Raises SignInNeeded when there is none, or they signed out."""
    person_id = store.installation["current_person"]
    if person_id is None:
        raise errors.SignInNeeded()
    return get(store, person_id)


def sign_in(store: Store, told: dict[str, Any], device_id: str, tokens: dict[str, Any]) -> None:
    """Writes down a successful sign-in; what the person had waiting here before goes on waiting."""
    with store.writing():
        store.execute(
            "INSERT INTO person (person_id, username, name, role, language, device_id) "
            "VALUES (:id, :username, :name, :role, :language, :device_id) "
            "ON CONFLICT DO UPDATE SET username = :username, name = :name, role = :role, "
            "language = :language, device_id = :device_id",
            {
                "id": str(told["id"]),
                "username": str(told.get("username") or told["id"]),
                "name": str(told.get("name") or told.get("username") or told["id"]),
                "role": str(told.get("role") or "installer"),
                "language": "zh" if str(told.get("language")).startswith("zh") else "en",
                "device_id": device_id,
            },
        )
        keep_tokens(store, str(told["id"]), tokens)
        store.set_installation(current_person=str(told["id"]))


def keep_tokens(store: Store, person_id: str, tokens: dict[str, Any]) -> None:
    with store.writing():
        store.execute(
            "UPDATE person SET access_token = ?, refresh_token = coalesce(?, refresh_token), "
            "signed_in = 1 WHERE person_id = ?",
            [tokens["access_token"], tokens.get("refresh_token"), person_id],
        )


def forget_tokens(store: Store, person_id: str) -> None:
    """Signs a person out on this device; cursor, jobs and outbox stay."""
    with store.writing():
        store.execute(
            "UPDATE person SET access_token = NULL, refresh_token = NULL, signed_in = 0 "
            "WHERE person_id = ?",
            [person_id],
        )
        if store.installation["current_person"] == person_id:
            store.set_installation(current_person=None)


def note(store: Store, person_id: str, **values: Any) -> None:
    """Writes columns of a person's row."""
    names = ", ".join(f"{name} = :{name}" for name in values)
    with store.writing():
        store.execute(
            f"UPDATE person SET {names} WHERE person_id = :person_id",
            {**values, "person_id": person_id},
        )
