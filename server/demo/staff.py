"""What is noted about the people of the shop: papers that end, days away, somebody invited, holidays kept."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import absences, certificates, invitations, organisations
from server.db.people import Device, Person
from server.demo.office import Office
from server.demo.people import BOB, HAO, MEI, QING, RAVI, SUN, YUN, ZHOU
from server.demo.shop import GAS

ZONE = ZoneInfo("Asia/Shanghai")

# Who, which paper, its number, and when it ends, in days from now.
PAPERS = (
    (YUN, "electrician", "EL-YUN-7720", 18),
    (HAO, "working_at_height", "WH-HAO-0316", -6),
    (RAVI, "electrician", "EL-RAVI-0042", 9),
    (RAVI, GAS, "GF-RAVI-2204", 210),
)
# Who is away, from and until, in days from now.
AWAY = ((ZHOU, 2, 6, "holiday", ""), (YUN, 20, 21, "training", "Induction hobs, at the maker's"))


def note_down(office: Office, now: datetime) -> None:
    """A minute of work of the people who keep such things."""
    office.does(SUN.username, lambda session, sun: _papers_and_holidays(session, sun, now))
    office.does(BOB.username, lambda session, bob: _absences(session, bob, now))
    office.house.database.write(_names_of_tablets)
    office.does(MEI.username, lambda session, mei: _invitation(session, mei, now))


def _papers_and_holidays(session: Session, sun: Person, now: datetime) -> None:
    today = now.astimezone(ZONE).date()
    for colleague, kind, number, ends_in in PAPERS:
        paper = {
            "person_id": _id_of(session, colleague.username),
            "kind": kind,
            "number": number,
            "valid_from": today - timedelta(days=720),
            "valid_until": today + timedelta(days=ends_in),
        }
        certificates.add(session, sun, paper, now)
    # Not that of the main job: whoever plays it on a holiday would have to say why somebody goes.
    hangzhou = session.get_one(Person, _id_of(session, QING.username)).organisation
    organisations.change(session, sun, hangzhou, {"holidays_of": "CN"}, now)


def _names_of_tablets(session: Session) -> None:
    """As people write them on a label; by themselves they are called after the machine of the demo."""
    for number, device in enumerate(session.scalars(select(Device).order_by(Device.id)), start=1):
        device.name = f"Tablet {number:02}"


def _absences(session: Session, bob: Person, now: datetime) -> None:
    today = now.astimezone(ZONE).date()
    for colleague, first, last, reason, words in AWAY:
        person = session.get_one(Person, _id_of(session, colleague.username))
        days = {
            "begins_on": today + timedelta(days=first),
            "ends_on": today + timedelta(days=last),
        }
        absences.add(session, bob, person, {**days, "reason": reason, "words": words}, now)


def _invitation(session: Session, mei: Person, now: datetime) -> None:
    newcomer = {"name": "宁一 Ning Yi", "role": "installer", "skills": ["smart_home"]}
    invitations.invite(session, mei, {**newcomer, "organisation_id": mei.organisation_id}, now)


def _id_of(session: Session, username: str) -> str:
    return session.scalars(select(Person.id).where(Person.username == username)).one()
