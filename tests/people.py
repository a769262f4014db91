"""The cast: who works where, and what each of them is for in a test.

Alice installs for branch North; Bob dispatches there and Wei advises; Lena leads Alice's team; Stock keeps
the parts; Sun supervises everything. Sam advises at branch South and must never see North's customers.
Carol installs for a contractor, whose people Mei manages: they must never see Alice's jobs. Dan has left.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from server.db.people import Chain, Organisation, Person, SignIn
from server.domain.people import Role

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # a Monday morning in Shanghai
PASSWORD = "seven teacups on a windowsill"

NORTH = "01980000-0000-7000-8000-0000000000a1"
SOUTH = "01980000-0000-7000-8000-0000000000a2"
CONTRACTOR = "01980000-0000-7000-8000-0000000000a3"


@dataclass(frozen=True)
class Character:
    """Somebody of the cast, as the database will know them."""

    number: int
    name: str
    role: Role
    organisation_id: str = NORTH
    team: str | None = None
    is_active: bool = True

    @property
    def id(self) -> str:
        return f"01980000-0000-7000-8000-0000000001{self.number:02}"

    @property
    def username(self) -> str:
        return self.name.casefold()

    @property
    def chain_id(self) -> str:
        """Their sign-in, begun before the test began."""
        return f"01980000-0000-7000-8000-0000000002{self.number:02}"

    def sign_in(self) -> SignIn:
        """The newest link of that sign-in, for making tokens; the database does not have it."""
        return SignIn(
            id=f"01980000-0000-7000-8000-0000000003{self.number:02}",
            chain_id=self.chain_id,
            person_id=self.id,
            issued_at=NOW,
            expires_at=NOW + timedelta(days=90),
        )


ALICE = Character(1, "Alice", Role.INSTALLER, team="blue")
BOB = Character(2, "Bob", Role.DISPATCHER)
WEI = Character(3, "Wei", Role.ADVISOR)
SUN = Character(4, "Sun", Role.SUPERVISOR)
STOCK = Character(5, "Stock", Role.STOREKEEPER)
LENA = Character(6, "Lena", Role.LEAD_INSTALLER, team="blue")
CAROL = Character(7, "Carol", Role.INSTALLER, CONTRACTOR)
MEI = Character(8, "Mei", Role.CONTRACTOR_MANAGER, CONTRACTOR)
SAM = Character(9, "Sam", Role.ADVISOR, SOUTH)
DAN = Character(10, "Dan", Role.INSTALLER, team="blue", is_active=False)

CAST = (ALICE, BOB, WEI, SUN, STOCK, LENA, CAROL, MEI, SAM, DAN)

# One of each role, for tests that try them all.
PLAYER_OF = {
    Role.INSTALLER: ALICE,
    Role.LEAD_INSTALLER: LENA,
    Role.ADVISOR: WEI,
    Role.DISPATCHER: BOB,
    Role.STOREKEEPER: STOCK,
    Role.CONTRACTOR_MANAGER: MEI,
    Role.SUPERVISOR: SUN,
}


@cache
def password_hash() -> str:
    """Of `PASSWORD`, at less cost than the product's own: it is asked for thousands of times."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


def move_in(session: Session) -> None:
    """Puts the organisations and the cast into an empty database, everybody signed in."""
    session.add_all(
        [
            Organisation(id=NORTH, kind="branch", name="Branch North", phone="028 1000 1000"),
            Organisation(id=SOUTH, kind="branch", name="Branch South", phone="028 2000 2000"),
            Organisation(
                id=CONTRACTOR,
                kind="contractor",
                name="Quick Hands",
                granted_until=NOW + timedelta(days=365),
            ),
        ]
    )
    session.flush()
    session.add_all(row_of(each) for each in CAST)
    session.flush()
    session.add_all(
        Chain(id=each.chain_id, person_id=each.id, started_at=NOW - timedelta(hours=1))
        for each in CAST
    )


def row_of(who: Character) -> Person:
    return Person(
        id=who.id,
        username=who.username,
        name=who.name,
        role=who.role,
        organisation_id=who.organisation_id,
        team=who.team,
        language="en",
        password_hash=password_hash(),
        is_active=who.is_active,
    )
