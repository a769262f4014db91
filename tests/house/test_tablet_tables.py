"""The tables that the tablet reads are those of the rules, and none was edited by hand."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from field_client import tablet_tables
from server.domain import errors

FILES = tablet_tables.files()
SERVER = Path(__file__).resolve().parents[2] / "server"
# Whatever answers the sign-in, the sync and the files of a tablet.
ANSWERS_A_TABLET = (
    "auth.py",
    "requests.py",
    "api/arrivals.py",
    "api/media.py",
    "api/sign_ins.py",
    "api/sync.py",
    "actions/pulling.py",
    "actions/uploads.py",
)
# Here the tablet waits, asks to sign in or sends again, and says so itself.
HAS_OWN_WORDS = (
    errors.NotSignedIn,
    errors.Conflict,
    errors.Locked,
    errors.TooMany,
    errors.Busy,
    errors.StorageFull,
    errors.BodyCut,
)


@pytest.mark.parametrize("name", FILES)
def test_a_table_is_as_the_rules_have_it(name: str) -> None:
    text = tablet_tables.FOLDER.joinpath(name).read_text(encoding="utf-8")
    assert text == FILES[name], "stale: run python3 dev.py run python -m field_client.tablet_tables"


def test_nothing_else_lies_beside_them() -> None:
    assert {file.name for file in tablet_tables.FOLDER.iterdir()} == FILES.keys()


def test_they_are_written_anew_and_what_is_none_any_more_goes(tmp_path: Path) -> None:
    tmp_path.joinpath("kettles.json").write_text("{}", encoding="utf-8")
    tablet_tables.write(tmp_path)
    written = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    assert written == FILES


@pytest.mark.parametrize("name", ANSWERS_A_TABLET)
def test_what_a_tablet_may_be_refused_is_told_in_both_languages(name: str) -> None:
    kinds = set(_raised(SERVER.joinpath(name).read_text(encoding="utf-8")))
    refusals = {kind for kind in kinds if not issubclass(kind, HAS_OWN_WORDS)}
    assert refusals - {errors.DoorstepError, *tablet_tables.REFUSALS} == set()


def _raised(source: str) -> Iterator[type[errors.DoorstepError]]:
    """Every failure that a module names."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "errors":
            kind = getattr(errors, node.attr)
            if isinstance(kind, type) and issubclass(kind, errors.DoorstepError):
                yield kind
