"""Passwords: argon2 hashes, and which ones are refused.

The length rule is the house's; whether one is among those that are guessed first is asked of zxcvbn,
which knows the published lists of leaked passwords and the usual ways of dressing them up.
"""

import re

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.domain import errors
from server.domain.people import MAX_PASSWORD, MIN_PASSWORD

EASY_GUESSES_LOG10 = 8  # what an online attacker without throttling tries in a day
NOT_A_SYLLABLE = 3  # characters that a word of one's own has at least
OF_ONES_OWN = 6  # letters that must be left without such words
LOOKED_AT = 72  # characters; the time that zxcvbn needs grows with the square of the length

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # OWASP's first choice
_WORD = re.compile(r"[^\W\d_]+")
_NOBODY = _hasher.hash("the password of nobody")


def hash_of(password: str) -> str:
    """The argon2id hash to keep; takes some 30 ms by intention."""
    return _hasher.hash(password)


def is_right(password: str, kept_hash: str | None) -> bool:
    """Whether the password fits; takes as long for a name that does not exist (`None`)."""
    try:
        _hasher.verify(_NOBODY if kept_hash is None else kept_hash, password)
    except (VerificationError, InvalidHashError):
        return False
    return kept_hash is not None


def must_be_strong(password: str, own_words: list[str]) -> None:
    """Raises `PasswordTooShort` or `PasswordTooCommon`; `own_words` are names that do not count."""
    from zxcvbn import zxcvbn  # its lists take a moment to load, and hardly any process asks

    if len(password) < MIN_PASSWORD:
        raise errors.PasswordTooShort(minimum=MIN_PASSWORD)
    if len(password) > MAX_PASSWORD:
        raise errors.PasswordTooLong(maximum=MAX_PASSWORD)
    own = {part for words in own_words for part in (words, *_WORD.findall(words))} | {"doorstep"}
    guess = zxcvbn(password[:LOOKED_AT], sorted(own), max_length=LOOKED_AT)
    if guess["guesses_log10"] < EASY_GUESSES_LOG10 or _is_made_of(own, password):
        raise errors.PasswordTooCommon()


def _is_made_of(own: set[str], password: str) -> bool:
    """Whether little is left without the person's own words and the digits between them."""
    rest = password.casefold()
    for word in sorted(own, key=len, reverse=True):
        if len(word) >= NOT_A_SYLLABLE:
            rest = rest.replace(word.casefold(), "")
    letters = "".join(_WORD.findall(rest))
    return rest != password.casefold() and len(letters) < OF_ONES_OWN
