"""Alice's tablet on a disk whose power is cut: a real Chromium with the real app from a real server.

What the app may call saved is noted outside at the moment when the browser tells it so: `NOTING` stands
between the app and IndexedDB, sees which events and files a transaction writes, and says their names when it
has ended, not later than the app itself hears of it. What the screen said is noted, too.
"""

import random
import threading
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

from playwright.sync_api import BrowserContext, BrowserType
from playwright.sync_api import Error as BrowserGone

from tests import people, pictures
from tests.browser.chromiums import launched, processes_of, promise
from tests.browser.tablets import hands_with
from tests.faults.devices import picture
from tests.faults.disks import Disk, freeze, kill
from tests.faults.premises import Premises

SAID_BEFORE = (1, 30)  # how many events and files are saved in a round before the power goes
AT_MOST_S = 0.4  # and how much later than the last of them
PATIENCE_S = 60.0

NOTING = """(() => {
    const names = { events: (row) => row.eventId, bytes: (row) => row.sha256 };
    const written = new WeakMap();
    for (const verb of ["add", "put"]) {
        const real = IDBObjectStore.prototype[verb];
        IDBObjectStore.prototype[verb] = function (row, ...more) {
            const { name, transaction } = this;
            if (names[name]) {
                if (!written.has(transaction)) {
                    written.set(transaction, []);
                    const say = () => noteSaved(written.get(transaction));
                    transaction.addEventListener("complete", say);
                }
                written.get(transaction).push([name, names[name](row)]);
            }
            return real.call(this, row, ...more);
        };
    }
    let last = "";
    new MutationObserver(() => {
        for (const { textContent } of document.querySelectorAll("[role=status]")) {
            const said = /^(\\d+) saved here$/.exec(textContent)?.[1];
            if (said && said !== last) noteShown(Number((last = said)));
        }
    }).observe(document, { subtree: true, childList: true, characterData: true });
})()"""
RELAXED = """(() => {
    const real = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (stores, mode) {
        return real.call(this, stores, mode, { durability: "relaxed" });
    };
})()"""
STORED = """async () => {
    const found = { events: [], bytes: [] };
    const done = (asked) => new Promise((resolve, reject) => {
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error);
    });
    const all = await indexedDB.databases();
    if (!all.some(({ name }) => name === "doorstep")) return found;
    const store = await done(indexedDB.open("doorstep"));
    const reading = store.transaction(["events", "bytes"]);
    const [events, bytes] = [reading.objectStore("events"), reading.objectStore("bytes")];
    for (const row of await done(events.getAll())) found.events.push(row.eventId);
    for (const key of await done(bytes.getAllKeys())) {
        const row = await done(bytes.get(key)).catch(() => null);
        if (row?.content.bytes.byteLength > 0) found.bytes.push(row.sha256);
    }
    store.close();
    return found;
}"""


IS_INSTALLED = """async () =>
    Boolean((await navigator.serviceWorker.ready).active && (await caches.match("/tablet/index.html")))
"""
SHOWS = """(before) => [...document.querySelectorAll("[role=status]")].some(
    ({ textContent }) => Number(/^(\\d+) saved here$/.exec(textContent)?.[1] ?? 0) >= before
)"""


class Notes:
    """What one tablet was told is on its disk, and how much its screen called saved."""

    def __init__(self) -> None:
        self.events: set[str] = set()
        self.files: set[str] = set()
        self.shown = 0
        self.told: Callable[[], None] = lambda: None

    def saved(self, names: list[tuple[str, str]]) -> None:
        for kind, name in names:
            (self.events if kind == "events" else self.files).add(name)
        self.told()

    def show(self, number: int) -> None:
        self.shown = number

    @property
    def many(self) -> int:
        return len(self.events) + len(self.files)


class Cut:
    """The power goes a moment after so much more was saved; meanwhile somebody works."""

    def __init__(self, disk: Disk, profile: Path, notes: Notes, chance: random.Random) -> None:
        self._disk, self._profile, self._notes = disk, profile, notes
        self._at = notes.many + chance.randint(*SAID_BEFORE)
        self._timer = threading.Timer(chance.uniform(0, AT_MOST_S), self._strike)
        self.is_done = threading.Event()
        notes.told = self._look

    def _look(self) -> None:
        if self._notes.many >= self._at and not self.has_begun:
            self._notes.told = lambda: None
            self._timer.start()

    def _strike(self) -> None:
        pids = processes_of(self._profile)
        freeze(pids)
        self._disk.cut()
        self.is_done.set()
        for pid in pids:
            kill(pid)

    @property
    def has_begun(self) -> bool:
        return self._timer.ident is not None

    def wait(self) -> None:
        self._timer.join(PATIENCE_S)
        assert self.is_done.is_set(), "the power did not go"


class Handheld:
    """One tablet after the other in Alice's hands, all with their profiles on the disk.

    For the controls flushes do nothing, or the app's word "strict" is kept from the browser.
    """

    def __init__(
        self,
        disk: Disk,
        premises: Premises,
        chromium: BrowserType,
        address: str,
        lies: dict[str, str],
        *,
        is_strict: bool,
    ) -> None:
        self.disk, self.premises, self.address = disk, premises, address
        self._chromium, self._camera = chromium, premises.logs / "camera.jpg"
        self._profiles = (disk.root / f"tablet-{number}" for number in count())
        self._lies, self._is_strict = lies, is_strict
        self._shown_counts = False
        self.without_network = 0
        """How often the app started where there was none."""
        self.events: set[str] = set()
        self.files: set[str] = set()
        """What was found on any tablet."""
        self._tablets: list[Notes] = []

    def begins_anew(self) -> None:
        """A tablet out of its box."""
        self.profile, self.notes = next(self._profiles), Notes()
        self._tablets.append(self.notes)
        promise(self.profile, self.address)
        self._starts()
        self.alice.opens_the_app()
        self.alice.signs_in(people.ALICE)

    def goes_on(self) -> None:
        """The same tablet, later: the system has long written what the browser did not flush."""
        self._starts()
        self.alice.opens_the_app()
        self.alice.unlocks()
        self.alice.page.wait_for_function(IS_INSTALLED)
        self.disk.settle()

    def _starts(self) -> None:
        self.context: BrowserContext = launched(self._chromium, self.profile, **self._lies)
        self.context.expose_binding("noteSaved", lambda _, names: self.notes.saved(names))
        self.context.expose_binding("noteShown", lambda _, number: self.notes.show(number))
        self.context.add_init_script(NOTING)
        if not self._is_strict:
            self.context.add_init_script(RELAXED)
        self.alice = hands_with(self.context, self.address)

    def saved(self) -> tuple[int, int]:
        """How many events and files were called saved, on all tablets."""
        notes = self._tablets
        return sum(len(each.events) for each in notes), sum(len(each.files) for each in notes)

    def ends(self) -> None:
        """In every case: nothing has a file open on the disk."""
        for pid in processes_of(self.disk.root):
            kill(pid)

    def is_put_away(self) -> None:
        self.context.close()

    def works_until_cut(self, job_id: str, chance: random.Random, *, is_offline: bool) -> None:
        self.notes.shown, self._shown_counts = 0, is_offline  # it goes down while she sends
        if is_offline:
            self.alice.loses_the_network()
        cut = Cut(self.disk, self.profile, self.notes, chance)
        try:
            for act in self._work(job_id):
                act()
        except BrowserGone:
            if not cut.has_begun:
                raise
        cut.wait()
        self.disk.mounted_again()

    def _work(self, job_id: str) -> Iterator[Callable[[], None]]:
        """All that she does at this door, and then she goes on and on."""
        yield partial(self.alice.goes_to, f"job/{job_id}")
        for words in ("Accept the job", "Set out", "I have arrived"):
            yield partial(self.alice.does_next, words)
        yield partial(self.alice.assesses, "Minor")
        for number in count():
            yield partial(self._photographs, job_id, is_large=number % 2 == 0)
            yield partial(self._answers, job_id, "No" if number % 2 else "Yes")
            yield partial(self._asks_for_a_part, job_id)
            if number == 0:
                yield partial(self._has_it_signed, job_id)

    def _photographs(self, job_id: str, *, is_large: bool) -> None:
        """Chromium keeps what is large in a file of its own, beside the database."""
        self._camera.write_bytes(pictures.noisy() if is_large else picture())
        self.alice.goes_to(f"job/{job_id}/camera/before")
        self.alice.picks_photo(self._camera)

    def _answers(self, job_id: str, answer: str) -> None:
        self.alice.goes_to(f"job/{job_id}/checklist")
        self.alice.chooses(answer)

    def _asks_for_a_part(self, job_id: str) -> None:
        self.alice.goes_to(f"job/{job_id}")
        self.alice.taps_in("Parts", "Missing, wrong or damaged")
        self.alice.chooses("missing")
        self.alice.writes("In your words", "Hinge, 110°")
        self.alice.taps("Ask for the part")

    def _has_it_signed(self, job_id: str) -> None:
        self.alice.goes_to(f"job/{job_id}/signing")
        self.alice.taps("Hand over for the receipt")
        self.alice.signs("王小明")
        self.alice.takes_the_tablet_back()

    # Afterwards.

    def starts_again(self) -> None:
        """Without a network, where the browser still has the app; with one, where it has not."""
        self._starts()
        self.alice.loses_the_network()
        try:
            self.alice.opens_the_app()
        except BrowserGone:
            self._shown_counts = False  # it may be with the office before anybody has looked
            self.alice.finds_the_network()
            self.alice.opens_the_app()
        else:
            self.without_network += 1
        pin = self.alice.page.get_by_role("group", name="Enter your PIN")
        pin.or_(self.alice.page.get_by_label("Username")).first.wait_for()

    def lost(self) -> tuple[set[str], set[str]]:
        """Events and files that were called saved and are not in the store."""
        found = self.alice.page.evaluate(STORED)
        self.events |= set(found["events"])
        self.files |= set(found["bytes"])
        return self.notes.events - set(found["events"]), self.notes.files - set(found["bytes"])

    def delivers(self) -> None:
        """By the PIN, to the last byte, once. Raises AssertionError for less and for more."""
        self.alice.unlocks()
        if self._shown_counts:
            self.alice.page.wait_for_function(SHOWS, arg=self.notes.shown)
        self.alice.finds_the_network()
        self.alice.sees("All with the office")
        events, files = self.premises.holds()
        assert (events, files) == (self.events, self.files)
