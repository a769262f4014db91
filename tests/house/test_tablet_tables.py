"""The tables that the tablet reads are those of the rules, and none was edited by hand."""

from pathlib import Path

import pytest

from field_client import tablet_tables

FILES = tablet_tables.files()


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
