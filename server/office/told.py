"""What an act has done, said once on the page that comes next.

It travels in a cookie of ours that is signed for the person, so nobody can put words on a page through its
address, and it is gone when it was read.
"""

from typing import Any, NamedTuple

from flask import Response, g, request
from flask_babel import lazy_gettext as _l

from server import auth
from server.auth import me_if_any
from server.house import house
from server.office import sessions

COOKIE, LASTS_S = "doorstep_told", 60
SENTENCES = {
    "exception_decided": _l("The decision on %(about)s is kept."),
    "exception_taken": _l("%(about)s is yours now."),
    "exception_given": _l("%(about)s is in other hands now."),
    "exception_decided_already": _l("Somebody else has decided on %(about)s already: see below."),
    "verdict_undone": _l("The verdict on %(about)s is taken back, with all that came of it."),
    "rework_ordered": _l("Rework on %(about)s is ordered: the revisit waits to be planned."),
    "called": _l("The call for %(about)s is noted."),
    "part_reserve": _l("%(about)s is set aside for the job."),
    "part_hand_over": _l("%(about)s is with the installer; nothing is left to send."),
    "part_ship": _l("%(about)s is on its way to the customer."),
    "part_arrive": _l("%(about)s is there; the revisit can go."),
    "part_cancel": _l("%(about)s is called off."),
    "part_ask_again": _l("%(about)s is asked for anew."),
    "notice_replayed": _l("“%(about)s” goes out again."),
    "notices_replayed": _l("%(about)s notices go out again."),
    "notice_settled": _l("“%(about)s” is settled."),
    "endpoint_added": _l("%(about)s hears from now on. Give its secret to the receiver."),
    "endpoint_changed": _l("The change of %(about)s is kept."),
    "endpoint_pinged": _l("A test call to %(about)s is on its way: look at the attempts below."),
    "endpoint_rotated": _l("%(about)s has a new secret. For a day both sign."),
    "endpoint_removed": _l("%(about)s hears nothing any more."),
    "gateway_set": _l("%(about)s goes by this gateway from now on."),
    "gateway_removed": _l("%(about)s has no gateway any more."),
    "photos_refused": _l("Not taken: %(about)s. Everything else is kept."),
    "photo_removed": _l("The photo is taken away; it can come back for 30 days: see %(about)s."),
    "link_revoked": _l("The link of %(about)s opens nothing any more."),
    "link_renewed": _l("The link of %(about)s counts again."),
    "move_granted": _l("The appointment of %(about)s is moved as the customer asked."),
    "move_refused": _l("The customer of %(about)s reads your answer on their page."),
    "revisit_decided": _l("The decision on the revisit of %(about)s is kept."),
}
RISKS = frozenset({"photos_refused"})


def tell(code: str, about: str) -> None:
    """Says it on the next page; `about` names the thing."""
    g.to_tell = {"code": code, "about": about}


class Said(NamedTuple):
    """A sentence, and the tone in which a notice says it."""

    words: str
    tone: str


def said() -> Said | None:
    """What was to be told, for the page that is being made."""
    claims = auth.claims_in(request.cookies.get(COOKIE, ""))
    person = me_if_any()
    if not claims or person is None or claims.get("sub") != person.id:
        return None
    if claims.get("at") != "told" or claims["exp"] < house().clock().timestamp():
        return None
    g.was_told = True
    code = claims["code"]
    tone = "risk" if code in RISKS else "proven"
    return Said(str(SENTENCES[code] % {"about": claims["about"]}), tone)


def carry(answer: Response) -> Response:
    """After every page: the cookie leaves with an act, and goes once its words have been read."""
    to_tell = g.get("to_tell")
    person = me_if_any() if to_tell else None
    if person is not None:
        answer.set_cookie(
            COOKIE,
            auth.token_with(person.id, _claims(to_tell)),
            path=sessions.PATH,
            max_age=LASTS_S,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    elif g.get("was_told"):
        answer.delete_cookie(COOKIE, path=sessions.PATH)
    return answer


def _claims(to_tell: dict[str, str]) -> dict[str, Any]:
    now = int(house().clock().timestamp())
    return {"at": "told", **to_tell, "iat": now, "nbf": now, "exp": now + LASTS_S}
