"""Photos as they are looked at: by slot, before beside after, and in words what is doubtful about each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from server.auth import me
from server.db import photos
from server.db.customers import Site
from server.db.jobs import Job
from server.db.photos import Photo
from server.domain import photos as rules
from server.office import wording
from server.office.labels import label
from server.office.wording import in_language

WITHOUT_WORDS_OF_ITS_OWN = ("seen_before",)  # the two pictures stand side by side
PAIRS = 4  # at most as many comparisons as somebody goes through


@dataclass(frozen=True, slots=True)
class Slot:
    """A photo slot with the pictures in it, in the order of the job."""

    slot: str
    facts: dict[str, Any]
    minimum: int
    photos: list[Photo]

    @property
    def name(self) -> str:
        return in_language(self.facts) or self.slot

    @property
    def standing(self) -> list[Photo]:
        """Those that count: a picture for which another one came does not."""
        return [each for each in self.photos if not each.replaced_by]

    @property
    def in_question(self) -> int:
        """How many of its pictures are doubtful or asked for again."""
        return sum(bool(each.doubts) or each.verdict == "retake" for each in self.standing)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures of the same place, the earlier one first."""

    was: Photo
    became: Photo
    was_name: str
    became_name: str


def by_slot(job: Job, pictures: Sequence[Photo]) -> list[Slot]:
    """Those of the job in its order, then whatever else was photographed; in each slot those that count
    come before those that others were asked for.
    """
    of_slot: dict[str, list[Photo]] = {each["slot"]: [] for each in job.slots}
    for photo in sorted(pictures, key=lambda each: bool(each.replaced_by)):
        of_slot.setdefault(photo.slot, []).append(photo)
    facts = {each.get("slot") or each["step_id"]: each for each in job.checklist.get("steps", [])}
    facts.update({each["slot"]: each for each in job.slots})
    asked = {each["slot"]: int(each.get("minimum", 1)) for each in job.slots}
    return [
        Slot(name, facts.get(name, {"label": name}), asked.get(name, 0), found)
        for name, found in of_slot.items()
    ]


def pairs(slots: Sequence[Slot], earlier: Iterable[tuple[Job, list[Photo]]]) -> list[Pair]:
    """What was sent back beside what came for it; before and after of this visit; and what the trip before
    left behind, and what it is now.
    """
    shown = {each.slot: (each.name, _shown(each.standing)) for each in slots}
    found = list(_retaken(slots))
    for name, (words, pictures) in shown.items():
        if name.startswith("before") and (after := shown.get("after" + name[6:])):
            found += [
                Pair(was, became, words, after[0])
                for was, became in zip(pictures, after[1], strict=False)
            ]
    for trip, pictures in earlier:
        known = {each.slot: each for each in _shown(pictures)}
        found += [
            Pair(known[name], now_there[0], f"{words} ({trip.id})", words)
            for name, (words, now_there) in shown.items()
            if name.startswith("after") and now_there and name in known
        ]
    return found[:PAIRS]


def _retaken(slots: Iterable[Slot]) -> Iterator[Pair]:
    for slot in slots:
        known = {each.id: each for each in _shown(slot.photos)}
        for was in known.values():
            if was.replaced_by in known:
                yield Pair(
                    was, known[was.replaced_by], _("%(slot)s, sent back", slot=slot.name), slot.name
                )


def sent_back(pictures: Iterable[Photo]) -> dict[str, Photo]:
    """By the id of a picture that came for another one: the other one, as far as it can be shown."""
    return {each.replaced_by: each for each in _shown(pictures) if each.replaced_by}


def _shown(pictures: Iterable[Photo]) -> list[Photo]:
    return [each for each in pictures if each.state == "checked"]


def twins(session: Session, pictures: Iterable[Photo], now: datetime) -> dict[str, Photo]:
    """The earlier pictures that these look like, by id, as far as the person may see them."""
    ids = {each.seen_in for each in pictures if each.seen_in}
    if not ids:
        return {}
    found = photos.visible_to(me(), now).where(Photo.id.in_(ids))
    return {each.id: each for each in session.scalars(found)}


def doubts(photo: Photo, job: Job, site: Site, visit: Mapping[str, Any]) -> list[str]:
    """What is doubtful about a picture, in words, with the figure behind it."""
    return [
        _in_words(doubt, photo, job, site, visit)
        for doubt in photo.doubts
        if doubt not in WITHOUT_WORDS_OF_ITS_OWN
    ]


def _in_words(doubt: str, photo: Photo, job: Job, site: Site, visit: Mapping[str, Any]) -> str:
    if doubt == "far_away" and (distance := _distance_m(photo, site)) is not None:
        return _("taken far away: %(km)s km from the address", km=f"{distance / 1000:.1f}")
    if doubt == "out_of_time" and visit.get("arrived_at"):
        return _(
            "not taken during the visit, which began %(begin)s",
            begin=wording.moment(datetime.fromisoformat(visit["arrived_at"]), job.time_zone),
        )
    return label(doubt, "doubt")


def _distance_m(photo: Photo, site: Site) -> float | None:
    if site.lat is None or site.lon is None:
        return None
    if photo.lat is not None and photo.lon is not None:
        return rules.distance_m(site.lat, site.lon, photo.lat, photo.lon)
    position = (photo.measured or {}).get("position")
    return rules.distance_m(site.lat, site.lon, *position) if position else None
