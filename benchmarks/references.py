"""What the peers did on the machine of the first trials: it stands in where one cannot be installed.

Two cores, 24 GiB, Debian 12, November 2026. A figure compared with these is marked so: the machine of
the run is another one, and the visit had ten events.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """`per_second` and milliseconds of CPU each; None where it was not measured."""

    per_second: float
    cpu_ms: float


VISIT_ON_POUCHDB = Reference(585, 3.0)
VISIT_ON_KINTO = Reference(17, 110)
CHANGES_ON_POUCHDB = Reference(446, 2.7)
SMALL_FILE_ON_TUS = Reference(376, 4.9)
LARGE_FILE_ON_TUS = Reference(10, 0)
VISIT_ON_ODK_CENTRAL = Reference(17, 111)
