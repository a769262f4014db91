"""The tables that the tablet reads are those of the rules, and none was edited by hand."""

from pathlib import Path

import pytest

from field_client import tablet_tables


@pytest.mark.parametrize("name", tablet_tables.TABLES)
def test_a_table_is_as_the_rules_have_it(name: str) -> None:
    text = tablet_tables.FOLDER.joinpath(f"{name}.json").read_text(encoding="utf-8")
    assert text == tablet_tables.text_of(name), (
        "stale: run python3 dev.py run python -m field_client.tablet_tables"
    )


def test_nothing_else_lies_beside_them() -> None:
    assert {file.name for file in tablet_tables.FOLDER.iterdir()} == {
        f"{name}.json" for name in tablet_tables.TABLES
    }


def test_they_are_written_anew_and_what_is_none_any_more_goes(tmp_path: Path) -> None:
    tmp_path.joinpath("kettles.json").write_text("{}", encoding="utf-8")
    tablet_tables.write(tmp_path)
    for file in tablet_tables.FOLDER.iterdir():
        assert tmp_path.joinpath(file.name).read_bytes() == file.read_bytes()
    assert not tmp_path.joinpath("kettles.json").exists()
