"""The files that set Doorstep up: locked, without addresses, and one command behind every name."""

import importlib
import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SCRIPTS = PROJECT["project"]["scripts"]
PYTHON_LOCKS = ["requirements.lock", "requirements-setup.lock"]
LOCKS = [*PYTHON_LOCKS, "package-lock.json"]


def locked_versions(*names: str) -> dict[str, set[Version]]:
    """Every locked package with its versions; there may be two, for different Pythons."""
    versions: dict[str, set[Version]] = {}
    for name in names:
        text = (ROOT / name).read_text(encoding="utf-8")
        for package, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE):
            versions.setdefault(canonicalize_name(package), set()).add(Version(version))
    return versions


def required() -> list[str]:
    project = PROJECT["project"]
    extras = project["optional-dependencies"].values()
    groups = PROJECT["dependency-groups"].values()
    return [*project["dependencies"], *(line for part in (*extras, *groups) for line in part)]


@pytest.mark.parametrize("name", LOCKS)
def test_lock_files_name_no_place_to_download_from(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text
    assert '"resolved"' not in text


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_every_locked_python_package_has_hashes(name: str) -> None:
    entries = re.split(r"^(?=[\w.-]+==)", (ROOT / name).read_text(encoding="utf-8"), flags=re.M)
    without = [entry.split()[0] for entry in entries if "==" in entry and "--hash=" not in entry]
    assert without == []


def test_every_locked_browser_package_has_a_hash() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


@pytest.mark.parametrize("line", required())
def test_lock_files_are_up_to_date_with_the_project_file(line: str) -> None:
    requirement = Requirement(line)
    locked = locked_versions(*PYTHON_LOCKS).get(canonicalize_name(requirement.name), set())
    assert locked, f"{requirement.name} is not locked: run python3 dev.py lock"
    assert all(requirement.specifier.contains(version) for version in locked)


def test_browser_lock_is_up_to_date_with_package_json() -> None:
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"][""]
    for group in ("dependencies", "devDependencies"):
        assert locked.get(group) == wanted.get(group), "run python3 dev.py lock"


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_command_can_be_imported(name: str) -> None:
    module, function = SCRIPTS[name].split(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_every_make_target_calls_dev_py_with_its_own_name() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = dict(re.findall(r"^(\w+):\n((?:\t.*\n)+)", text, re.MULTILINE))
    assert {"setup", "demo", "test", "lint", "format", "lock"} <= set(targets)
    for target, recipe in targets.items():
        assert re.fullmatch(rf"\t@\$\(PYTHON\) dev\.py {target}( \$\(ARGS\))?\n", recipe)


def test_continuous_integration_runs_what_people_run() -> None:
    assert (ROOT / ".ci/run").read_text(encoding="utf-8").endswith("\nmake test\n")
