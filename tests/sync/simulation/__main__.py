"""`python -m tests.sync.simulation --days 10000 --seed 1 --processes 2`: a long run, with its summary.

Ends with 1 when something did not hold. A world decides the same whatever else runs beside it, so the
number of processes changes nothing but the time.
"""

import argparse
import sys
import tempfile
import time
import warnings
from pathlib import Path

from tests.conftest import fast_folder
from tests.sync.simulation import processes, report
from tests.sync.simulation.app_mutants import APP_MUTANTS
from tests.sync.simulation.histories import Outcome, seeds_of
from tests.sync.simulation.mutants import MUTANTS
from tests.sync.simulation.town import CLIENTS, Town

MOST_SEEDS = 400


def main() -> int:
    args = _arguments()
    if args.protections:
        return _show_protections(args.client)
    seeds = [args.world] if args.world else seeds_of(args.seed, args.days)
    outcomes: list[Outcome] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=fast_folder(), prefix="doorstep-simulation-") as folder:
        for outcome in processes.run(folder, seeds, args.processes, args.client):
            outcomes.append(outcome)
            _tell(outcome, len(outcomes), len(seeds))
    print(
        f"\nseed {args.seed}, client {args.client}, {args.processes} processes, {time.monotonic() - began:.0f} s"
    )
    print("\n".join(report.summary(outcomes)))
    return 0 if all(outcome.is_clean for outcome in outcomes) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.sync.simulation", description=__doc__)
    parser.add_argument("--days", type=int, default=500, help="device-days")
    parser.add_argument("--seed", default="1", help="decides everything")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--client", choices=CLIENTS, default="companion", help="on the tablets")
    parser.add_argument("--world", help="only this world, as a summary names it: 1/37")
    parser.add_argument("--protections", action="store_true", help="switch each off and see")
    return parser.parse_args()


def _show_protections(client: str) -> int:
    mutants = APP_MUTANTS if client == "tablet" else MUTANTS
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory(dir=fast_folder(), prefix="doorstep-simulation-") as folder:
        town = Town(Path(folder), 2, client)
        for line in report.protections(town, mutants, MOST_SEEDS):
            print(line, flush=True)
        town.close()
    return 0


def _tell(outcome: Outcome, number: int, of: int) -> None:
    if outcome.is_clean:
        what = f"{outcome.steps} steps, {sum(outcome.struck.values())} faults"
    else:
        print("\n".join(report.story(outcome)))
        what = f"BROKEN: {outcome.number}"
    line = f"world {outcome.seed} ({number} of {of}): {what}, {outcome.cpu_s:.1f} s"
    print(f"{line}, {outcome.digest[:12]}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
