"""Settings: read as they hold for a branch at a moment, changed as a new version, and put back.

Readers of one subject (`promises_of`, `rulebook`, `template` …) hand out what the rules take as arguments.
Each costs one small question in a transaction; documents that were read before are at hand.
"""

import json
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from server.db import audit
from server.db import settings as rows
from server.db.lookups import Question
from server.db.people import Organisation, Person
from server.db.settings import Head, Setting
from server.domain import errors, promises, revisits
from server.domain import reasons as reason_rules
from server.domain import settings as rules
from server.domain.errors import Language
from server.domain.settings.differences import between
from server.ids import new_id

Document = dict[str, Any]

MOST_TOLD = 200  # characters of a value in a line of the audit
TOLD_AT_MOST = 50  # differences in a line of the audit


# Reading.


def value(session: Session, name: str, branch_id: str | None, at: datetime) -> Document:
    """The document that holds there and then; shared, so copy before changing."""
    return held(session, name, branch_id, at)[1]


def held(session: Session, name: str, branch_id: str | None, at: datetime) -> tuple[int, Document]:
    """The same with the number of its version."""
    head = head_of(session, name, branch_id, at)
    if head is None:
        return rules.FIRST, rules.default(name)
    return head.version, rows.documents(session, [head.id])[head.id]


def head_of(session: Session, name: str, branch_id: str | None, at: datetime) -> Head | None:
    """Which version holds there and then; None for the default. A branch may follow the house."""
    known = rows.heads(session, [name], [branch_id] if branch_id else [])
    head = rules.in_force(known, branch_id, at)
    return None if head is None or head.follows_house else head


def newest(session: Session, name: str, branch_id: str | None) -> Head | None:
    """The last version that was written for this very place, begun or not."""
    known = rows.heads(session, [name], [branch_id] if branch_id else [])
    own = [each for each in known if each.branch_id == branch_id]
    return max(own, key=lambda each: each.version, default=None)


def head_of_version(
    session: Session, name: str, branch_id: str | None, version: int
) -> Head | None:
    """One version of this place or of the house; None where neither ever had it."""
    known = rows.heads(session, [name], [branch_id] if branch_id else [])
    return next((each for each in known if each.version == version), None)


# Writing.


def put(
    session: Session,
    by: Person,
    name: str,
    branch_id: str | None,
    document: Document | None,
    now: datetime,
    *,
    was: int,
    valid_from: datetime | None = None,
    note: str = "",
) -> Setting | None:
    """Makes the next version. `was` is the newest one of this place that the writer has seen, `FIRST` for
    none. A document of None has a branch follow the house again. Nothing happens where nothing differs.

    Raises `Invalid` for a document that cannot hold, `ChangedMeanwhile` where somebody was faster,
    `NotFound` for a name or a branch that is none.
    """
    rules.must_be_known(name)
    _place_must_fit(session, name, branch_id, document)
    if document is not None:
        rules.must_be_sound(name, document)
    last = newest(session, name, branch_id)
    version = last.version if last else rules.FIRST
    if version != was:
        raise errors.ChangedMeanwhile(version=version, was=was)
    before = _document(session, last)
    if before == document and (last is not None or document is None):
        return None
    compared = before if before is not None else value(session, name, branch_id, now)
    made = rows.add(
        session,
        Setting(
            id=new_id(),
            name=name,
            version=(rows.newest_version(session, name) or rules.FIRST) + 1,
            branch_id=branch_id,
            valid_from=max(valid_from or now, now),
            made_at=now,
            made_by=by.id,
            note=note,
            value=document,
        ),
    )
    if name == rules.AUTO_ACCEPT and document is not None:
        _switch(session, branch_id, document)
    after = document if document is not None else value(session, name, branch_id, now)
    differing = list(between(compared, after))[:TOLD_AT_MOST]
    audit.record(
        session,
        by.id,
        "setting.changed",
        name,
        now,
        branch=branch_id,
        version=made.version,
        changed=[each.path for each in differing],
        changes={each.path: [_told(each.was), _told(each.now)] for each in differing},
        follows_house=document is None,
        reason=note or None,
    )
    return made


def _told(value: Any) -> Any:
    """As a line of the audit holds it; what is long is read in the setting's own history."""
    text = json.dumps(value, ensure_ascii=False)
    return value if len(text) <= MOST_TOLD else text[: MOST_TOLD - 1] + "…"


def _switch(session: Session, branch_id: str | None, document: Document) -> None:
    """The branch's own row says the same, for whoever reads branches."""
    branch = session.get_one(Organisation, branch_id)
    said = document["is_on"], document["sample"]
    if (branch.auto_accept, branch.auto_accept_sample) != said:
        branch.auto_accept, branch.auto_accept_sample = said
        branch.rev += 1


def _place_must_fit(
    session: Session, name: str, branch_id: str | None, document: Document | None
) -> None:
    if branch_id is None and name in rules.OF_BRANCHES_ONLY:
        raise errors.NotFound()
    if document is None and (branch_id is None or name in rules.OF_BRANCHES_ONLY):
        raise errors.Invalid(errors={"value": ["missing"]})
    if branch_id is None:
        return
    branch = session.get(Organisation, branch_id)
    if branch is None or branch.kind != "branch" or name in rules.OF_THE_HOUSE_ONLY:
        raise errors.NotFound()


def _document(session: Session, head: Head | None) -> Document | None:
    return None if head is None else rows.documents(session, [head.id])[head.id]


def revert(
    session: Session,
    by: Person,
    name: str,
    branch_id: str | None,
    to: int,
    now: datetime,
    *,
    was: int,
) -> Setting | None:
    """What an earlier version said holds again, as a new version. `FIRST` is the rules' own default.

    Raises `NotFound` for a version that this place never had, and as `put` does.
    """
    if to == rules.FIRST:
        is_all_there_is = branch_id is None or name in rules.OF_BRANCHES_ONLY
        document: Document | None = rules.default(name) if is_all_there_is else None
    else:
        known = rows.heads(session, [name], [branch_id] if branch_id else [])
        wanted = [each for each in known if each.version == to and each.branch_id == branch_id]
        if not wanted:
            raise errors.NotFound()
        document = _document(session, wanted[0])
    return put(session, by, name, branch_id, document, now, was=was, note=f"→ {to}")


# What the rules take.


Made = TypeVar("Made")
AT_HAND = 500  # versions of which the process remembers what the rules take


class _Read(Generic[Made]):
    """What one setting of some branches says to the rules, as it stood at any moment. A version never
    changes, so what was made of it once is at hand.
    """

    def __init__(
        self,
        session: Session,
        name: str,
        branches: Collection[str],
        make: Callable[[Document], Made],
        otherwise: Made,
        at_hand: dict[str, Made],
    ) -> None:
        self._session, self._heads = session, rows.heads(session, [name], branches)
        self._make, self._otherwise, self._at_hand = make, otherwise, at_hand

    def at(self, branch_id: str, moment: datetime) -> Made:
        head = rules.in_force(self._heads, branch_id, moment)
        if head is None or head.follows_house:
            return self._otherwise
        found = self._at_hand.get(head.id)
        if found is None:
            if len(self._at_hand) >= AT_HAND:
                self._at_hand.clear()
            document = rows.documents(self._session, [head.id])[head.id]
            found = self._at_hand[head.id] = self._make(document)
        return found


_promises: dict[str, promises.Promise] = {}
_rulebooks: dict[str, revisits.Rulebook] = {}
DEFAULT_PROMISE = promises.Promise()


def promises_of(session: Session, branches: Collection[str]) -> _Read[promises.Promise]:
    """The promises of some branches: a running ticket keeps those under which it was opened, whatever is
    written later.
    """
    make = promises.promise_from
    return _Read(session, rules.PROMISES, branches, make, DEFAULT_PROMISE, _promises)


def rulebooks_of(session: Session, branches: Collection[str]) -> _Read[revisits.Rulebook]:
    """The rules of some branches for revisits."""
    make, otherwise = revisits.rulebook_from, revisits.DEFAULT_RULEBOOK
    return _Read(session, rules.REVISITS, branches, make, otherwise, _rulebooks)


def rulebook(session: Session, branch_id: str, at: datetime) -> revisits.Rulebook:
    """The branch's rules for revisits."""
    return rulebooks_of(session, [branch_id]).at(branch_id, at)


def template(
    session: Session, branch_id: str, kind: str, category: str, at: datetime
) -> tuple[list[Document], Document]:
    """The photo slots and the checklist with which a job begins: those of the product's category where
    somebody wrote such, else those of the kind. A job keeps its snapshot.
    """
    names = [rules.template_name(kind, category)] if category else []
    names.append(rules.template_name(kind))
    known = rows.heads(session, names, [branch_id])
    for name in names:
        head = rules.in_force([each for each in known if each.name == name], branch_id, at)
        if head is not None and not head.follows_house:
            return _snapshot(rows.documents(session, [head.id])[head.id], head.version)
    return _snapshot(rules.default(names[-1]), rules.FIRST)


def _snapshot(document: Document, version: int) -> tuple[list[Document], Document]:
    named = {"name": document["name"], "version": version, "steps": document["steps"]}
    return document["slots"], named


def auto_acceptance(session: Session, branch_id: str, at: datetime) -> Document:
    """`is_on`, `sample` (percent) and `kinds`; of a branch that nobody has decided about, its own row."""
    if head_of(session, rules.AUTO_ACCEPT, branch_id, at) is not None:
        return value(session, rules.AUTO_ACCEPT, branch_id, at)
    ((is_on, sample),) = _OF_BRANCH.within(session, branch=branch_id)
    return {**rules.default(rules.AUTO_ACCEPT), "is_on": bool(is_on), "sample": sample}


_OF_BRANCH = Question(
    select(Organisation.auto_accept, Organisation.auto_accept_sample).where(
        Organisation.id == bindparam("branch")
    )
)


def goodwill_limit(session: Session, branch_id: str | None, role: str, at: datetime) -> int | None:
    """Up to how many cents this role may give by itself; None is without a limit, 0 is nothing."""
    limit: int | None = value(session, rules.GOODWILL, branch_id, at).get(role, 0)
    return limit


def reasons(
    session: Session, branch_id: str | None, of: str, at: datetime
) -> tuple[reason_rules.Reason, ...]:
    """What people choose from: `retake`, `rework`, `call_off` or `nobody_goes`."""
    documents: Iterable[Document] = value(session, rules.TEXTS, branch_id, at)[of]
    return reason_rules.reasons_from(documents)


def care_advice(session: Session, branch_id: str, language: Language, at: datetime) -> str:
    """What a job says about care where its product has no card of its own; may be empty."""
    said: str = value(session, rules.TEXTS, branch_id, at)["care_advice"][language]
    return said


def retention(session: Session, at: datetime) -> dict[str, int]:
    """For how long what is kept: `customers_years`, `tickets_years`, `photos_years`, `audit_months`,
    `answers_days` and `tasks_days`. It is the house's, the same for every branch.
    """
    return dict(value(session, rules.RETENTION, None, at))
