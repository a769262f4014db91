"""Each protection of the TypeScript app switched off, one at a time, as `mutants` does it with the Python code.

A spot of the source that is not there once any more fails loudly.
"""

from tests.sync.simulation.mutants import AppMutant, small
from tests.sync.simulation.rooms import Spot

APP_MUTANTS = (
    AppMutant(
        "strict durability",
        "what was called saved survives a power cut",
        (Spot("store.ts", 'chromeTransactionDurability: "strict"',
              'chromeTransactionDurability: "relaxed"'),),
        small(tablet_loses_power=40),
        frozenset({"S2", "S5"}),
    ),
    AppMutant(
        "bytes with their event in one transaction",
        "a photo that was taken is on the tablet",
        (Spot("outbox.ts", "      await this.keep(contents, jobId, lastEventId);\n", ""),
         Spot("outbox.ts", "      if (written) return written;",
              """      if (!written) continue;
      const last = String(written.at(-1)?.event_id);
      await this.store.writing([...WRITTEN], () => this.keep(facts.contents ?? [], jobId, last));
      return written;""")),
        small(1, 2, 20, tablet_killed=24),
        frozenset({"S5", "L3"}),
    ),
    AppMutant(
        "cursor with rows in one transaction",
        "a cursor never covers what the base does not have",
        (Spot("pull.ts", "    const ready = await this.ready(page);\n    await this.store.writing("
              "[...WRITTEN], async () => {\n      await person(this.store, this.personId);\n"
              "      for (const each of ready) await this.apply",
              "    const ready = await this.ready(page);\n    await this.moveCursor(page);\n"
              "    await this.store.writing([...WRITTEN], async () => {\n"
              "      for (const each of ready) await this.apply"),),
        small(1, 2, 20, tablet_killed=24),
        frozenset({"S9", "L2"}),
    ),
    AppMutant(
        "custody",
        "only what the server has in custody counts as sent",
        (Spot("plan.ts", "  if (!custody || typeof status",
              '  if (status === "retry") return { state: "acknowledged", status: "applied" };\n'
              "  if (!custody || typeof status"),),
        small(store_copied_to_a_second_tablet=60, store_restored_from_an_older_copy=60),
        frozenset({"S2"}),
    ),
    AppMutant(
        "the server's word on a file",
        "a file counts as stored when the server says so, not when some of it is there",
        (Spot("uploads.ts", 'if (known.state === "stored") {',
              'if (known.state === "stored" || known.state === "partial") {'),),
        small(1, 2, 20, body_cut=30),
        frozenset({"S5", "L3"}),
    ),
    AppMutant(
        "epoch",
        "after a restore everything is offered again",
        (Spot("plan.ts", 'return typeof told === "string" && known !== null && told !== known;',
              'return typeof told === "string" && known !== null && told === "";'),),
        small(server_restored_from_a_backup=40),
        frozenset({"S2", "S5", "L3"}),
    ),
    AppMutant(
        "keep time",
        "a photo outlives the backup that does not have it yet",
        (Spot("plan.ts", "return completeSince !== null && now - completeSince > keepDays * DAY_MS;",
              "return completeSince !== null && now + keepDays > 0;"),),
        small(1, 2, 20, server_restored_from_a_backup=30),
        frozenset({"S5", "L3"}),
    ),
    AppMutant(
        "tombstones",
        "a job that was given to somebody else goes away",
        (Spot("plan.ts", 'return change.change === "remove" ? goneStep(String(kind), hasUnsent)',
              'return change.change === "never" ? goneStep(String(kind), hasUnsent)'),),
        small(2, job_reassigned=12),
        frozenset({"S9", "L2"}),
    ),
    AppMutant(
        "sweep",
        "what a snapshot does not name goes away",
        (Spot("pull.ts", "      await this.sweep(mark);\n", ""),),
        small(2, job_reassigned=12, feed_pruned=30),
        frozenset({"S9", "L2"}),
    ),
    AppMutant(
        "poison apart",
        "what nobody can read leaves the queue, and what follows it arrives",
        (Spot("plan.ts", 'return size > 1 ? "halve" : "quarantine";', 'return "wait";'),),
        small(poison_in_the_queue=12),
        frozenset({"L1", "S2"}),
    ),
    AppMutant(
        "unsent work first",
        "a tablet that is collected is emptied only when the office has everything",
        (Spot("wiping.ts", "    if (await anythingWaits(store)) return false;\n", ""),
         Spot("sync.ts", "this.device !== \"active\" && problem === null",
              'this.device !== "active"')),
        small(1, 2, 20, device_to_be_collected=150, request_lost=8, answer_lost=4),
        frozenset({"S2", "S5"}),
    ),
)  # fmt: skip
