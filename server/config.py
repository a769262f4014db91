"""Configuration: from the environment only, refusing nonsense with one clear sentence."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

DEMO_SECRET = "doorstep-demo-secret-for-loopback-only"
DEMO_PASSWORD = "doorstep-demo"
MEGABYTE = 1024 * 1024
PUBLIC_URL = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Smtp:
    """The shop's mail server. `security` is none, starttls or tls."""

    host: str
    port: int
    security: str
    sender: str
    username: str = ""
    password: str = field(default="", repr=False)


class ConfigError(Exception):
    """The environment asks for something that cannot be; the sentence says what and how to mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that an installation decides."""

    database_url: str
    media: Path
    secret: str
    is_demo: bool = False
    second_factor: bool = True  # asked of office roles
    access_minutes: int = 30
    refresh_days: int = 90
    keep_days: int = 14
    disk_reserve_mb: int = 512
    max_blob_mb: int = 50
    max_push_kb: int = 1024
    max_events: int = 100
    retake_hours: int = 48
    log_level: str = "INFO"
    trusted_proxies: int = 0
    threads: int = 4
    public_url: str = "http://127.0.0.1:8000"
    certificate: Path | None = None  # of the shop, over its documents
    certificate_passphrase: str = field(default="", repr=False)
    smtp: Smtp | None = None
    own_network: bool = False  # webhooks and gateways may be called there, too

    @property
    def access_life(self) -> timedelta:
        return timedelta(minutes=self.access_minutes)

    @property
    def refresh_life(self) -> timedelta:
        return timedelta(days=self.refresh_days)

    @property
    def disk_reserve(self) -> int:
        """Bytes that uploads leave free."""
        return self.disk_reserve_mb * MEGABYTE

    @property
    def max_blob_bytes(self) -> int:
        return self.max_blob_mb * MEGABYTE

    @property
    def max_push_bytes(self) -> int:
        return self.max_push_kb * 1024

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Config":
        """Reads the environment; raises `ConfigError` for what is missing or makes no sense."""
        values = os.environ if env is None else env
        is_demo = _boolean(values, "DOORSTEP_DEMO", False)
        return cls(
            database_url=_database_url(values),
            media=_folder(values),
            secret=_secret(values, is_demo),
            is_demo=is_demo,
            second_factor=_second_factor(values, is_demo),
            access_minutes=_integer(values, "DOORSTEP_ACCESS_MINUTES", 30, 15, 60),
            refresh_days=_integer(values, "DOORSTEP_REFRESH_DAYS", 90, 1, 365),
            keep_days=_integer(values, "DOORSTEP_KEEP_DAYS", 14, 1, 365),
            disk_reserve_mb=_integer(values, "DOORSTEP_DISK_RESERVE_MB", 512, 0, 10**6),
            max_blob_mb=_integer(values, "DOORSTEP_MAX_PHOTO_MB", 50, 1, 1000),
            max_push_kb=_integer(values, "DOORSTEP_MAX_PUSH_KB", 1024, 64, 65_536),
            max_events=_integer(values, "DOORSTEP_MAX_EVENTS", 100, 1, 1000),
            retake_hours=_integer(values, "DOORSTEP_RETAKE_HOURS", 48, 1, 24 * 90),
            log_level=_one_of(
                values, "DOORSTEP_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")
            ),
            trusted_proxies=_integer(values, "DOORSTEP_TRUSTED_PROXIES", 0, 0, 5),
            threads=_integer(values, "THREADS", 4, 1, 256),
            public_url=_public_url(values),
            certificate=_file(values, "DOORSTEP_CERTIFICATE"),
            certificate_passphrase=_passphrase(values),
            smtp=_smtp(values),
            own_network=_boolean(values, "DOORSTEP_OWN_NETWORK", False),
        )


def _database_url(values: Mapping[str, str]) -> str:
    url = values.get("DATABASE_URL") or "sqlite:///var/doorstep.db"
    if not re.match(r"^(sqlite:///.|postgres(ql)?(\+psycopg)?://)", url):
        raise ConfigError("DATABASE_URL must begin with sqlite:/// or postgresql://.")
    if ":memory:" in url or "mode=memory" in url:
        raise ConfigError("DATABASE_URL names a database in memory, which would lose all data.")
    try:
        make_url(url)
    except (ArgumentError, ValueError) as failure:
        raise ConfigError("DATABASE_URL cannot be read as an address.") from failure
    return url


def _folder(values: Mapping[str, str]) -> Path:
    folder = Path(values.get("DOORSTEP_MEDIA") or "media").absolute()
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"DOORSTEP_MEDIA names {folder}, which is not a folder.")
    return folder


def _public_url(values: Mapping[str, str]) -> str:
    """Where customers reach this server: scheme, host and port, with nothing behind them."""
    port = _integer(values, "PORT", 8000, 1, 65_535)
    url = (values.get("DOORSTEP_PUBLIC_URL") or f"http://127.0.0.1:{port}").removesuffix("/")
    if not PUBLIC_URL.fullmatch(url):
        raise ConfigError(
            "DOORSTEP_PUBLIC_URL must be the address that customers reach, such as "
            f"https://service.example.com, not {url!r}."
        )
    return url


def _file(values: Mapping[str, str], name: str) -> Path | None:
    text = values.get(name)
    if not text:
        return None
    path = Path(text).absolute()
    if not path.is_file():
        raise ConfigError(f"{name} names {path}, which is not a file.")
    return path


def _passphrase(values: Mapping[str, str]) -> str:
    """Of the certificate's key: in a file, so that it stands in no list of processes."""
    file = _file(values, "DOORSTEP_CERTIFICATE_PASSPHRASE_FILE")
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n") if file else ""
    except (OSError, UnicodeDecodeError) as failure:
        raise ConfigError(
            f"DOORSTEP_CERTIFICATE_PASSPHRASE_FILE cannot be read: {failure}."
        ) from failure


SMTP_PORTS = {"smtp": 25, "starttls": 587, "smtps": 465}
SMTP_SECURITY = {"smtp": "none", "starttls": "starttls", "smtps": "tls"}


def _smtp(values: Mapping[str, str]) -> Smtp | None:
    """From DOORSTEP_SMTP, `starttls://name:password@host:587`, and DOORSTEP_MAIL_FROM; without it nothing is
    mailed.
    """
    text, sender = values.get("DOORSTEP_SMTP", ""), values.get("DOORSTEP_MAIL_FROM", "")
    if not text:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port or SMTP_PORTS.get(parts.scheme, 0)
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in SMTP_PORTS or not parts.hostname or parts.path.strip("/"):
        raise ConfigError(
            "DOORSTEP_SMTP must be smtp://, starttls:// or smtps:// with a host, such as "
            "starttls://name:password@mail.example.com:587."
        )
    if not re.fullmatch(r"[!-?A-~]+@[A-Za-z0-9.-]+", sender):
        raise ConfigError("DOORSTEP_MAIL_FROM must be the address that mails are sent from.")
    return Smtp(
        host=parts.hostname,
        port=port,
        security=SMTP_SECURITY[parts.scheme],
        sender=sender,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _secret(values: Mapping[str, str], is_demo: bool) -> str:
    """From DOORSTEP_SECRET, or from the file that DOORSTEP_SECRET_FILE names."""
    secret = values.get("DOORSTEP_SECRET", "").strip()
    file = values.get("DOORSTEP_SECRET_FILE")
    if secret and file:
        raise ConfigError("Set DOORSTEP_SECRET or DOORSTEP_SECRET_FILE, not both.")
    if file:
        try:
            secret = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as failure:
            raise ConfigError(f"DOORSTEP_SECRET_FILE cannot be read: {failure}.") from failure
    if is_demo:
        return secret or DEMO_SECRET
    if not secret:
        raise ConfigError(
            "DOORSTEP_SECRET is missing. Make one with: "
            'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    if len(secret) < 32 or len(set(secret)) < 8 or secret == DEMO_SECRET:
        raise ConfigError("DOORSTEP_SECRET must be a secret of your own, 32 characters or longer.")
    return secret


def _second_factor(values: Mapping[str, str], is_demo: bool) -> bool:
    """Off in the demo, and where a test says so in words that nobody writes by mistake."""
    said = values.get("DOORSTEP_WITHOUT_SECOND_FACTOR", "")
    if said not in ("", "only in tests"):
        raise ConfigError("DOORSTEP_WITHOUT_SECOND_FACTOR is for tests: leave it out.")
    return not is_demo and not said


def _boolean(values: Mapping[str, str], name: str, default: bool) -> bool:
    text = values.get(name, "")
    if text == "":
        return default
    if text not in ("true", "false", "1", "0"):
        raise ConfigError(f"{name} must be true or false, not {text!r}.")
    return text in ("true", "1")


def _integer(values: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = values.get(name, "")
    if text == "":
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise ConfigError(f"{name} must be a whole number from {least} to {most}, not {text!r}.")
    return int(text)


def _one_of(values: Mapping[str, str], name: str, default: str, choices: tuple[str, ...]) -> str:
    text = values.get(name) or default
    if text not in choices:
        raise ConfigError(f"{name} must be one of {', '.join(choices)}, not {text!r}.")
    return text
