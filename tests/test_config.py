"""The configuration: what each variable may be, and one clear sentence for what it may not."""

import dataclasses
import re
from datetime import timedelta
from pathlib import Path

import pytest

from server import cli
from server.config import DEMO_SECRET, Config, ConfigError

SECRET = "Qz7-kLw0_pXs9VtRb2NcYh4JmDf8GaEu"
MINIMAL = {"DOORSTEP_SECRET": SECRET}

# name -> (field of the configuration, default, what it may be, what it may not be)
NUMBERS = {
    "DOORSTEP_ACCESS_MINUTES": ("access_minutes", 30, (15, 60), (14, 61)),
    "DOORSTEP_REFRESH_DAYS": ("refresh_days", 90, (1, 365), (0, 366)),
    "DOORSTEP_KEEP_DAYS": ("keep_days", 14, (1, 365), (0, 366)),
    "DOORSTEP_DISK_RESERVE_MB": ("disk_reserve_mb", 512, (0, 10**6), (10**6 + 1,)),
    "DOORSTEP_MAX_PHOTO_MB": ("max_blob_mb", 50, (1, 1000), (0, 1001)),
    "DOORSTEP_MAX_PUSH_KB": ("max_push_kb", 1024, (64, 65_536), (63, 65_537)),
    "DOORSTEP_MAX_EVENTS": ("max_events", 100, (1, 1000), (0, 1001)),
    "DOORSTEP_RETAKE_HOURS": ("retake_hours", 48, (1, 2160), (0, 2161)),
    "DOORSTEP_TRUSTED_PROXIES": ("trusted_proxies", 0, (0, 5), (6,)),
    "THREADS": ("threads", 4, (1, 256), (0, 257)),
}
NO_NUMBERS = ("-1", "1.5", "1e3", "ten", " 1", "0x10", "１５", "9" * 30)


def sentence(**env: str) -> str:
    """What is said of an environment that is refused."""
    with pytest.raises(ConfigError) as refused:
        Config.from_env({**MINIMAL, **env})
    return str(refused.value)


def test_it_works() -> None:
    config = Config.from_env(MINIMAL)
    assert config == Config(
        database_url="sqlite:///var/doorstep.db", media=Path("media").absolute(), secret=SECRET
    )
    assert (config.access_life, config.refresh_life) == (timedelta(minutes=30), timedelta(days=90))
    assert (config.max_blob_bytes, config.max_push_bytes) == (50 * 1024**2, 1024**2)
    assert config.disk_reserve == 512 * 1024**2


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    names = [*NUMBERS, "DATABASE_URL", "DOORSTEP_MEDIA", "DOORSTEP_DEMO", "DOORSTEP_LOG_LEVEL"]
    empty = dict.fromkeys([*names, "DOORSTEP_SECRET_FILE"], "")
    assert Config.from_env({**MINIMAL, **empty}) == Config.from_env(MINIMAL)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_has_its_bounds(name: str) -> None:
    field, default, good, beyond = NUMBERS[name]
    assert getattr(Config.from_env(MINIMAL), field) == default
    for number in good:
        assert getattr(Config.from_env({**MINIMAL, name: str(number)}), field) == number
    for text in (*map(str, beyond), *NO_NUMBERS):
        least, most = good
        expected = f"{name} must be a whole number from {least} to {most}, not {text!r}."
        assert sentence(**{name: text}) == expected


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///var/doorstep.db",
        "sqlite:////srv/doorstep.db",
        "postgresql://doorstep:p%40ss@db:5432/doorstep",
        "postgres://db/doorstep",
        "postgresql+psycopg://doorstep@/doorstep?host=/run/postgresql",
    ],
)
def test_a_database_has_an_address(url: str) -> None:
    assert Config.from_env({**MINIMAL, "DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("mysql://db/doorstep", "must begin with"),
        ("doorstep.db", "must begin with"),
        ("sqlite://", "must begin with"),
        ("sqlite:///", "must begin with"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///file:x?mode=memory&uri=true", "in memory"),
        ("postgresql://db:port/doorstep", "cannot be read"),
    ],
)
def test_other_addresses_are_refused(url: str, word: str) -> None:
    said = sentence(DATABASE_URL=url)
    assert said.startswith("DATABASE_URL ")
    assert word in said


def test_a_password_in_an_address_is_not_told() -> None:
    assert "hunter2" not in sentence(DATABASE_URL="postgresql://me:hunter2@db:port/doorstep")
    assert "hunter2" not in sentence(DATABASE_URL="mysql://me:hunter2@db/doorstep")


def test_media_are_in_a_folder(tmp_path: Path) -> None:
    to_come = Config.from_env({**MINIMAL, "DOORSTEP_MEDIA": str(tmp_path / "to" / "come")})
    assert to_come.media == tmp_path / "to" / "come"
    file = tmp_path / "file"
    file.write_text("not a folder")
    said = sentence(DOORSTEP_MEDIA=str(file))
    assert said == f"DOORSTEP_MEDIA names {file}, which is not a folder."


@pytest.mark.parametrize(("text", "is_demo"), [("true", True), ("1", True), ("false", False)])
def test_demo_is_true_or_false(text: str, is_demo: bool) -> None:
    assert Config.from_env({**MINIMAL, "DOORSTEP_DEMO": text}).is_demo is is_demo
    assert sentence(DOORSTEP_DEMO="yes") == "DOORSTEP_DEMO must be true or false, not 'yes'."


def test_a_log_has_a_level() -> None:
    assert Config.from_env({**MINIMAL, "DOORSTEP_LOG_LEVEL": "DEBUG"}).log_level == "DEBUG"
    said = sentence(DOORSTEP_LOG_LEVEL="loud")
    assert said == ("DOORSTEP_LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, not 'loud'.")


@pytest.mark.parametrize(
    "url", ["https://service.example.com", "http://127.0.0.1:8001", "https://[2001:db8::7]:8443"]
)
def test_customers_reach_it_by_an_address(url: str) -> None:
    assert Config.from_env({**MINIMAL, "DOORSTEP_PUBLIC_URL": url}).public_url == url
    assert Config.from_env({**MINIMAL, "DOORSTEP_PUBLIC_URL": f"{url}/"}).public_url == url


def test_without_one_it_is_reached_on_this_machine() -> None:
    assert Config.from_env(MINIMAL).public_url == "http://127.0.0.1:8000"
    assert Config.from_env({**MINIMAL, "PORT": "8314"}).public_url == "http://127.0.0.1:8314"


@pytest.mark.parametrize(
    "url",
    ["service.example.com", "ftp://x", "https://", "https://x/office", "https://me:pw@x",
     "https://x?y", "https://x y", "https://x\n"],
)  # fmt: skip
def test_an_address_is_no_more_than_scheme_host_and_port(url: str) -> None:
    assert sentence(DOORSTEP_PUBLIC_URL=url).startswith("DOORSTEP_PUBLIC_URL must be the address")


def test_a_certificate_is_a_file(tmp_path: Path) -> None:
    certificate, passphrase = tmp_path / "shop.p12", tmp_path / "passphrase"
    said = sentence(DOORSTEP_CERTIFICATE=str(certificate))
    assert said == f"DOORSTEP_CERTIFICATE names {certificate}, which is not a file."
    certificate.write_bytes(b"read where it is used")
    passphrase.write_text("open sesame\n")
    config = Config.from_env(
        {
            **MINIMAL,
            "DOORSTEP_CERTIFICATE": str(certificate),
            "DOORSTEP_CERTIFICATE_PASSPHRASE_FILE": str(passphrase),
        }
    )
    assert (config.certificate, config.certificate_passphrase) == (certificate, "open sesame")
    assert "open sesame" not in repr(config)


# The secret.


def test_there_is_no_secret_by_default() -> None:
    for env in ({}, {"DOORSTEP_SECRET": ""}, {"DOORSTEP_DEMO": "false"}):
        with pytest.raises(ConfigError, match=r"^DOORSTEP_SECRET is missing\. Make one with: "):
            Config.from_env(env)


@pytest.mark.parametrize("secret", ["short", "x" * 31, "x" * 40, " " * 40, "ab" * 20, DEMO_SECRET])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    said = sentence(DOORSTEP_SECRET=secret)
    assert said.startswith("DOORSTEP_SECRET ")
    assert secret not in said


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    assert Config.from_env({"DOORSTEP_SECRET_FILE": str(file)}).secret == SECRET
    both = sentence(DOORSTEP_SECRET_FILE=str(file))
    assert both == "Set DOORSTEP_SECRET or DOORSTEP_SECRET_FILE, not both."


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\xfd", b"short"])
def test_a_file_without_a_secret_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"^DOORSTEP_SECRET"):
        Config.from_env({"DOORSTEP_SECRET_FILE": str(file)})


def test_the_demo_brings_a_secret_of_its_own() -> None:
    assert Config.from_env({"DOORSTEP_DEMO": "true"}).secret == DEMO_SECRET
    own = Config.from_env({"DOORSTEP_DEMO": "true", "DOORSTEP_SECRET": SECRET})
    assert own.secret == SECRET


# What people see of it.


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
def test_a_command_says_it_in_one_line(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DOORSTEP_SECRET", raising=False)
    monkeypatch.setenv("DOORSTEP_KEEP_DAYS", "for ever")
    monkeypatch.setenv("DOORSTEP_DEMO", "true")
    assert cli.main([command]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        "doorstep: DOORSTEP_KEEP_DAYS must be a whole number from 1 to 365, not 'for ever'.\n"
    )


def test_the_second_factor_is_off_in_the_demo_and_in_tests_only() -> None:
    name = "DOORSTEP_WITHOUT_SECOND_FACTOR"
    assert Config.from_env(MINIMAL).second_factor
    assert not Config.from_env({"DOORSTEP_DEMO": "true"}).second_factor
    assert not Config.from_env({**MINIMAL, name: "only in tests"}).second_factor
    assert sentence(**{name: "true"}) == f"{name} is for tests: leave it out."


def test_every_variable_is_described_for_who_runs_doorstep() -> None:
    root = Path(__file__).resolve().parents[1]
    read = set(
        re.findall(r'"((?:DOORSTEP_|DATABASE_)\w+)"', (root / "server/config.py").read_text())
    )
    described = (root / "docs/operations.md").read_text(encoding="utf-8")
    assert sorted(name for name in read if name not in described) == []


def test_every_field_can_be_set() -> None:
    """Nothing is decided by an installation that the environment cannot say."""
    numbers = {field for field, *_ in NUMBERS.values()}
    others = {"database_url", "media", "secret", "is_demo", "second_factor", "log_level"}
    others |= {"public_url", "certificate", "certificate_passphrase", "smtp", "own_network"}
    assert {field.name for field in dataclasses.fields(Config)} == numbers | others
