"""Which passwords are taken, and how they are kept."""

import pytest

from server import passwords
from server.domain import errors


@pytest.mark.parametrize(
    "password",
    [
        "seven teacups on a windowsill",
        "correct-horse-umbrella",
        "门前的石榴树今年结了七个果",
        "Tr0ub4dor&3-kitchen",
        "o" + "ab1!" * 63,
    ],
)
def test_a_passphrase_is_taken(password: str) -> None:
    passwords.must_be_strong(password, ["Li Na", "li.na"])


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_too_short"),
        ("short-but-ok", None),
        ("elevenchars", "password_too_short"),
        ("七个字的密码呀", "password_too_short"),
        ("x9" * 129, "password_too_long"),
        ("password1234", "password_too_common"),
        ("qwertyuiop12", "password_too_common"),
        ("123456789012", "password_too_common"),
        ("aaaaaaaaaaaaaaaa", "password_too_common"),
        ("iloveyou2024", "password_too_common"),
        ("doorstep-demo", "password_too_common"),
        ("annasmith2024", "password_too_common"),
        ("Smith.Anna.1", "password_too_common"),
        ("anna.smith@example.com", "password_too_common"),
    ],
)
def test_what_is_guessed_first_is_refused(password: str, code: str | None) -> None:
    refused = None
    try:
        passwords.must_be_strong(password, ["Anna Smith", "anna.smith", "anna.smith@example.com"])
    except errors.Invalid as failure:
        refused = failure.code
    assert refused == code


def test_a_password_is_kept_as_argon2id() -> None:
    kept = passwords.hash_of("seven teacups on a windowsill")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.hash_of("seven teacups on a windowsill") != kept, "salted"
    assert passwords.is_right("seven teacups on a windowsill", kept)
    assert not passwords.is_right("seven teacups", kept)


@pytest.mark.parametrize("kept", [None, "", "plain text", "$argon2id$broken"])
def test_nothing_fits_what_is_no_hash(kept: str | None) -> None:
    assert not passwords.is_right("the password of nobody", kept)
