"""What customers are told, in which words, when, and when not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

from server import worker
from server.actions import consents, photos
from server.db.customers import Customer
from server.db.notices import Notice
from server.db.people import Person
from server.db.photos import Photo
from server.db.tickets import Ticket
from server.house import House
from server.notices.postmen import Post
from tests import people, pictures
from tests.conftest import HandClock
from tests.notices.receivers import Mailbox
from tests.office import Office
from tests.shop import Json, Shop, asked

SCENES: tuple[pictures.Scene, ...] = ("hinge_detail", "kitchen_after")
Notices = Callable[..., list[Notice]]


def a_job(shop: Shop, start: float = 30, **changes: Any) -> Json:
    """Somebody with an address is to be visited in so many hours."""
    whom = shop.takes_in_a_customer(email="li.na@example.com", **changes)
    begin = shop.clock() + timedelta(hours=start)
    window: Json = {
        "window_start": begin.isoformat(),
        "window_end": (begin + timedelta(hours=2)).isoformat(),
    }
    return shop.issues_a_job(shop.opens_a_ticket(**whom), reason="as agreed", **window)


def plain(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def moves(shop: Shop, job: Json, start: datetime) -> None:
    """The dispatcher drags it to another time."""
    headers = {"If-Match": f'"{shop.job(job)["edition"]}"'}
    window = {
        "window_start": start.isoformat(),
        "window_end": (start + timedelta(hours=2)).isoformat(),
    }
    path = f"/api/v1/jobs/{job['id']}"
    asked(shop.bob.patch(path, json={**window, "reason": "asked for"}, headers=headers))


def test_it_works(
    shop: Shop, post: Post, mailbox: Mailbox, clock: HandClock, notices: Notices
) -> None:
    job = a_job(shop, language="en", name="Li Na 🌸")
    assert post.drain() == 0, "somebody may still be changing it"
    clock.go_on(minutes=2)
    assert post.drain() == 1
    [mail] = mailbox.mails
    assert mail["To"] == "Li Na 🌸 <li.na@example.com>"
    assert mail["Subject"] == "Your appointment: Tuesday, 24 November 15:00–17:00"
    body = plain(mail)
    assert "Hello Li Na 🌸," in body
    assert job["ticket_id"] in body
    made, reminder = notices()
    assert (made.kind, made.state, made.sent_at) == ("made", "sent", clock())
    assert (reminder.kind, reminder.state) == ("reminder", "waiting")
    assert mail["Message-ID"] == f"<{made.id}@shop.example>"
    assert post.drain() == 0, "what is told is told"


def test_a_reminder_comes_the_evening_before_and_moves_with_its_job(
    shop: Shop, post: Post, mailbox: Mailbox, clock: HandClock, notices: Notices
) -> None:
    job = a_job(shop, language="en")
    clock.go_on(minutes=2)
    post.drain()
    moves(shop, job, clock() + timedelta(days=3))
    clock.go_on(minutes=2)
    post.drain()
    assert [each.state for each in notices(kind="reminder")] == ["dropped", "waiting"]
    assert mailbox.mails[-1]["Subject"] == (
        "Your appointment has moved to Thursday, 26 November 09:02–11:02"
    )
    clock.now = notices(kind="reminder")[-1].run_at
    assert clock.now.isoformat() == "2026-11-25T10:00:00+00:00", "six in the evening in Chengdu"
    post.drain()
    assert mailbox.mails[-1]["Subject"].startswith("Reminder: we come Thursday, 26 November")


def test_what_moves_before_it_is_told_is_told_once(
    shop: Shop, post: Post, mailbox: Mailbox, clock: HandClock, notices: Notices
) -> None:
    job = a_job(shop, language="en")
    post.drain()
    moves(shop, job, clock() + timedelta(days=3))
    clock.go_on(minutes=2)
    post.drain()
    [mail] = mailbox.mails
    assert mail["Subject"] == "Your appointment: Thursday, 26 November 09:00–11:00"
    assert [each.reason for each in notices(state="dropped")] == ["superseded", "superseded"]


def test_on_the_way_that_comes_late_is_not_told(
    shop: Shop, post: Post, mailbox: Mailbox, clock: HandClock, notices: Notices
) -> None:
    job = a_job(shop, start=1, language="en")
    trip = shop.sends(people.ALICE, job)
    trip.does("job.accepted")
    trip.does("travel.started")
    clock.go_on(minutes=20)
    trip.lane.at = clock()
    trip.does("visit.arrived")
    trip.sends_events()
    post.drain()
    [told] = notices(kind="on_the_way")
    assert (told.state, told.reason) == ("dropped", "too_late")
    assert not mailbox.mails


def test_on_the_way_is_told_at_once_and_done_with_its_receipt(
    shop: Shop, post: Post, mailbox: Mailbox, clock: HandClock, notices: Notices
) -> None:
    job = a_job(shop, start=1, language="en")
    trip = shop.sends(people.ALICE, job)
    trip.does("job.accepted")
    trip.does("travel.started")
    trip.sends_events()
    post.drain()
    for kind in ("visit.arrived", "visit.assessed"):
        trip.does(kind)
    trip.works()
    trip.has_it_signed()
    trip.finishes()
    trip.comes_home()
    post.drain()
    told = [each["Subject"] for each in mailbox.mails]
    assert told[-2:] == ["Alice is on the way", "Done: your receipt from Branch North"]
    assert [each.kind for each in notices(state="sent")] == ["made", "on_the_way", "done"]


def test_whoever_does_not_want_it_or_has_no_address_is_not_told(
    shop: Shop, post: Post, mailbox: Mailbox, clock: HandClock, notices: Notices, house: House
) -> None:
    job = a_job(shop)

    def withdraw(session: Any) -> None:
        ticket = session.get_one(Ticket, job["ticket_id"])
        said = {"purpose": "service_notices", "channel": "any", "is_given": False}
        wei = session.get_one(Person, people.WEI.id)
        customer = session.get_one(Customer, ticket.customer_id)
        consents.note(session, wei, customer, {**said, "how": "phone", "words": ""}, clock())

    post.drain()
    house.database.write(withdraw)
    clock.go_on(minutes=2)
    post.drain()
    assert notices(kind="made")[0].reason == "no_consent", "also when it comes just in time"
    without = shop.takes_in_a_customer()
    shop.issues_a_job(shop.opens_a_ticket(**without))
    post.drain()
    assert [each.reason for each in notices(kind="made")] == ["no_consent", "no_address"]
    assert mailbox.mails == []


def test_what_is_decided_at_night_is_told_in_the_morning(
    shop: Shop, post: Post, mailbox: Mailbox, clock: HandClock, notices: Notices
) -> None:
    a_job(shop, start=72)
    clock.now = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # eleven at night in Chengdu
    post.drain()
    assert mailbox.mails == []
    clock.now = notices(kind="made")[0].run_at
    assert clock.now.astimezone(ZoneInfo("Asia/Shanghai")).hour == 8
    post.drain()
    assert len(mailbox.mails) == 1


def test_what_is_called_off_is_told_and_its_reminder_is_not(
    shop: Shop, post: Post, mailbox: Mailbox, clock: HandClock, office: Office, notices: Notices
) -> None:
    job = a_job(shop, language="en")
    clock.go_on(minutes=2)
    post.drain()
    office.cancels(job["id"])
    clock.go_on(minutes=2)
    post.drain()
    clock.go_on(days=3)
    post.drain()
    told = [each["Subject"] for each in mailbox.mails]
    assert told[1:] == ["Your appointment is cancelled"]
    assert notices(kind="reminder")[0].reason == "superseded"


def test_a_picture_is_asked_for_by_a_link_and_a_question_follows_the_close(
    shop: Shop, post: Post, mailbox: Mailbox, clock: HandClock, notices: Notices, house: House
) -> None:
    job = a_job(shop, start=1, language="en")
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    for slot in trip.sheet["slots"]:
        trip.takes_photo(slot["slot"], pictures.jpeg(SCENES[len(trip.files)]))
    trip.does("checklist.answered", step_id="level", answer=True)
    trip.has_it_signed()
    trip.finishes()
    trip.comes_home()
    worker.run_once(house)
    [photo, *_rest] = shop.wei.get(f"/api/v1/photos?job_id={job['id']}").json["items"]
    path = f"/api/v1/photos/{photo['id']}/verdict"

    def ask(session: Any) -> None:
        wei, row = session.get_one(Person, people.WEI.id), session.get_one(Photo, photo["id"])
        within = timedelta(hours=48)
        photos.judge(session, wei, row, "retake", "Too dark.", within, clock(), "customer")

    house.database.write(ask)
    post.drain()
    mail = mailbox.mails[-1]
    assert mail["Subject"] == "We need one more photo, please"
    assert "Why: Too dark." in plain(mail)
    assert f"{house.config.public_url}/c/" in plain(mail)
    form = {"verdict": "accept"}
    rev = shop.wei.get(f"/api/v1/photos/{photo['id']}").json["rev"]
    asked(shop.wei.post(path, json=form, headers={"If-Match": f'"{rev}"'}))
    shop.judges(job)
    assert shop.ticket(job)["state"] == "closed", shop.waits(job)
    post.drain()
    clock.now = notices(kind="follow_up")[0].run_at
    post.drain()
    assert mailbox.mails[-1]["Subject"] == "Is everything as it should be?"
