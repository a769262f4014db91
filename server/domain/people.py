"""Roles and what each may do: one table, read by every entrance."""

from enum import StrEnum

from server.domain import errors


class Role(StrEnum):
    INSTALLER = "installer"
    LEAD_INSTALLER = "lead_installer"
    ADVISOR = "advisor"
    DISPATCHER = "dispatcher"
    STOREKEEPER = "storekeeper"
    CONTRACTOR_MANAGER = "contractor_manager"
    SUPERVISOR = "supervisor"


FIELD_ROLES = frozenset({Role.INSTALLER, Role.LEAD_INSTALLER})
CONTRACTOR_ROLES = frozenset({Role.INSTALLER, Role.LEAD_INSTALLER, Role.CONTRACTOR_MANAGER})
OFFICE_ROLES = frozenset(set(Role) - FIELD_ROLES)  # they sign in with a second factor, too

# What a sign-in without the second factor still allows everybody: to send what was captured, and to leave.
WITHOUT_CODE = frozenset({"profile.read", "event.send", "media.send"})

_FIELD = {Role.INSTALLER, Role.LEAD_INSTALLER}
_DESK = {Role.ADVISOR, Role.DISPATCHER, Role.SUPERVISOR}
_SHOP = _DESK | {Role.STOREKEEPER}
_ALL = set(Role)
_BOSS = {Role.SUPERVISOR}

# act -> the roles that may do it. Which rows they may do it to is `visible_to` in server/db.
PERMISSIONS: dict[str, frozenset[Role]] = {
    act: frozenset(roles)
    for act, roles in {
        "profile.read": _ALL,
        "office.enter": _SHOP | {Role.CONTRACTOR_MANAGER},
        "event.send": _ALL,  # what was captured stays deliverable, whatever the role is by then
        "media.send": _ALL,
        "person.read": _ALL,
        "person.write": _BOSS,
        "staff.manage": _BOSS | {Role.CONTRACTOR_MANAGER},  # invite, let go, a new password
        "absence.write": {Role.DISPATCHER, Role.SUPERVISOR, Role.CONTRACTOR_MANAGER},
        "certificate.write": _BOSS | {Role.CONTRACTOR_MANAGER},
        "device.read": _DESK,
        "device.revoke": {Role.DISPATCHER, Role.SUPERVISOR},
        "organisation.read": _ALL,
        "organisation.write": _BOSS,
        "customer.read": _DESK,
        "customer.write": _DESK,
        "consent.write": _DESK,
        "customer.export": {Role.ADVISOR, Role.SUPERVISOR},
        "customer.merge": _BOSS,
        "customer.hold": _BOSS,
        "customer.erase": _BOSS,
        "product.read": _ALL,
        "product.write": {Role.STOREKEEPER, Role.SUPERVISOR},
        "part.read": _ALL,
        "part.write": {Role.STOREKEEPER, Role.SUPERVISOR},
        "movement.read": _SHOP | _FIELD,
        "movement.write": {Role.STOREKEEPER, Role.SUPERVISOR},
        "import.write": {Role.STOREKEEPER, Role.SUPERVISOR},
        "request.read": _SHOP,
        "request.write": {Role.STOREKEEPER, Role.ADVISOR, Role.SUPERVISOR},
        "ticket.read": _SHOP,
        "ticket.write": {Role.ADVISOR, Role.DISPATCHER, Role.SUPERVISOR},
        "ticket.close": {Role.ADVISOR, Role.SUPERVISOR},
        "job.read": _ALL - {Role.STOREKEEPER},
        "job.issue": {Role.DISPATCHER, Role.SUPERVISOR},
        "job.reassign": {
            Role.DISPATCHER,
            Role.SUPERVISOR,
            Role.LEAD_INSTALLER,
            Role.CONTRACTOR_MANAGER,
        },
        "job.cancel": {Role.DISPATCHER, Role.SUPERVISOR},
        "visit.read": _ALL - {Role.STOREKEEPER},
        "visit.verify": {Role.ADVISOR, Role.DISPATCHER, Role.SUPERVISOR},
        "photo.read": _ALL - {Role.STOREKEEPER},
        "photo.verify": {Role.ADVISOR, Role.DISPATCHER, Role.SUPERVISOR},
        "receipt.read": _ALL - {Role.STOREKEEPER},
        "revisit.read": _DESK,
        "revisit.decide": {Role.ADVISOR, Role.DISPATCHER, Role.SUPERVISOR},
        "exception.read": _SHOP,
        "exception.decide": {
            Role.ADVISOR,
            Role.DISPATCHER,
            Role.STOREKEEPER,
            Role.SUPERVISOR,
        },
        "notice.read": _DESK,
        "notice.write": {Role.ADVISOR, Role.SUPERVISOR},  # settle a dead letter
        "webhook.write": _BOSS,
        "setting.read": _DESK,
        "setting.write": _BOSS,
        "figure.read": _DESK,
        "figure.export": _BOSS,
        "audit.read": _BOSS,
        "audit.prove": _BOSS,
    }.items()
}


def may(role: str, act: str) -> bool:
    return Role(role) in PERMISSIONS[act]


def must(role: str, act: str) -> None:
    """Raises `NotAllowed` where the role does not include the act."""
    if not may(role, act):
        raise errors.NotAllowed(act=act)


def manages(role: str, organisation_id: str, person_role: str, person_organisation_id: str) -> bool:
    """Whether somebody in this role may invite, change and let go a person in that one.

    A supervisor everybody, a contractor's manager those who work in the field for the same company.
    """
    if role == Role.SUPERVISOR:
        return True
    is_own = organisation_id == person_organisation_id
    return role == Role.CONTRACTOR_MANAGER and is_own and person_role in FIELD_ROLES


MIN_PASSWORD = 12  # characters (NIST SP 800-63B asks for 8; ours guards a whole shop's photos)
MAX_PASSWORD = 256
