"""The first minute of an installation: `doorstep begin`, then somebody can sign in."""

import os
import subprocess
import sys
from pathlib import Path

from server.app import create_app
from server.config import Config

PASSWORD = "nine wooden ladders lean"
SECRET = "a secret that is only used in this one test"


def doorstep(
    url: str, media: Path, *words: str, said: str = ""
) -> subprocess.CompletedProcess[str]:
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "DOORSTEP_MEDIA": str(media),
        "DOORSTEP_SECRET": SECRET,
    }
    command = [
        sys.executable,
        "-c",
        "from server.cli import main; raise SystemExit(main())",
        *words,
    ]
    return subprocess.run(command, env=env, input=said, capture_output=True, text=True)


BEGIN = ("begin", "--branch", "成都店", "--username", "Sun", "--name", "孙丽", "--password-stdin")


def test_the_first_supervisor_can_sign_in(fresh_database_url: str, tmp_path: Path) -> None:
    done = doorstep(fresh_database_url, tmp_path, *BEGIN, said=PASSWORD + "\n")
    assert done.returncode == 0, done.stderr
    config = Config(database_url=fresh_database_url, media=tmp_path, secret=SECRET)
    app = create_app(config)
    form = {"username": "sun", "password": PASSWORD}
    told = [
        app.test_client().post("/office/sign-in", data=each).headers.get("Location", "")
        for each in (form, {**form, "password": "not that one"})
    ]
    app.extensions["doorstep"].database.close()
    assert told == ["/office/sign-in/set-up", ""], "on to the second factor"


def test_it_begins_only_once(fresh_database_url: str, tmp_path: Path) -> None:
    doorstep(fresh_database_url, tmp_path, *BEGIN, said=PASSWORD + "\n")
    again = doorstep(fresh_database_url, tmp_path, *BEGIN, said=PASSWORD + "\n")
    assert again.returncode == 1
    assert "(conflict)" in again.stderr


def test_it_refuses_a_weak_password(fresh_database_url: str, tmp_path: Path) -> None:
    refused = doorstep(fresh_database_url, tmp_path, *BEGIN, said="password1234\n")
    assert refused.returncode == 1
    assert "(password_too_common)" in refused.stderr


def test_a_restore_begins_a_new_epoch(fresh_database_url: str, tmp_path: Path) -> None:
    first = doorstep(fresh_database_url, tmp_path, "new-epoch")
    second = doorstep(fresh_database_url, tmp_path, "new-epoch")
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout != second.stdout
