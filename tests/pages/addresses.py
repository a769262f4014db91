"""The office's addresses with what they are asked, and its forms filled in well; names stand for ids."""

from tests import people

QUERIES = [
    ("/office/", ()),
    ("/office/tickets", ("q", "show", "kind", "after")),
    ("/office/jobs", ("day",)),
    ("/office/intake", ("q",)),
    ("/office/revisits", ("show", "after")),
    ("/office/exceptions", ("show", "after", "decided")),
    ("/office/part-requests", ("show", "after")),
    ("/office/verification", ("judged",)),
    ("/office/devices", ()),
    ("/office/sign-in", ("next",)),
    ("/office/tickets/{ticket}", ()),
    ("/office/tickets/{ticket}/plan", ("day", "assignee_id", "from", "to", "work", "reason")),
    ("/office/revisits/{revisit}/plan", ("day", "assignee_id")),
    ("/office/jobs/{job}/hand-over", ("assignee_id",)),
    ("/office/intake/{customer}", ("kind", "class")),
    ("/office/intake/{customer}/promise", ("kind", "class")),
    ("/office/verification/{job}", ("judged",)),
    ("/office/settings", ("branch",)),
    ("/office/settings/promises", ("branch",)),
    ("/office/settings/checklists/repair", ("branch",)),
    ("/office/settings/checklists/repair/steps/new", ("kind",)),
    ("/office/settings/checklists/repair/tablet", ("language", "a.test_minutes", "a.fault")),
]
FORMS = [
    ("/office/sign-in", {"username": "wei", "password": "p", "next": "/office/"}),
    ("/office/language", {"language": "zh", "next": "/office/"}),
    (
        "/office/intake/customers",
        dict.fromkeys(("name", "phone", "address", "district", "city", "access_notes"), "x")
        | {"language": "zh"},
    ),
    (
        "/office/intake/{customer}",
        {
            "kind": "repair",
            "class": "urgent",
            "category": "installation",
            "channel": "phone",
            "summary": "x",
            "description": "x",
            "fault": "x",
            "site_id": "x",
            "asset_id": "x",
        },
    ),
    (
        "/office/tickets/{ticket}/change",
        {
            "kind": "repair",
            "class": "urgent",
            "category": "installation",
            "summary": "x",
            "description": "x",
            "fault": "x",
            "was_summary": "The hood rattles",
        },
    ),
    ("/office/tickets/{ticket}/answer", {"words": "x"}),
    ("/office/tickets/{ticket}/reopen", {"trigger": "customer_still_broken", "words": "x"}),
    (
        "/office/tickets/{ticket}/plan",
        {
            "assignee_id": people.ALICE.id,
            "day": "2026-11-24",
            "from": "09:00",
            "to": "11:00",
            "work": "x",
            "notes": "x",
            "reason": "x",
        },
    ),
    (
        "/office/revisits/{revisit}/plan",
        {"assignee_id": people.ALICE.id, "day": "2026-11-24", "from": "09:00", "to": "11:00"},
    ),
    ("/office/revisits/{revisit}/decide", {"to": "due", "reason": "x"}),
    ("/office/jobs/{job}/reassign", {"assignee_id": people.LENA.id, "reason": "x"}),
    ("/office/verification/{job}/verdict", {"verdict": "rework", "reason": "x"}),
    (
        "/office/part-requests/{request}/step",
        {"step": "ship", "tracking": "x", "expected_on": "2026-11-24", "reason": "x"},
    ),
    ("/office/part-requests/{request}/name", {"sku": "HINGE-110"}),
    ("/office/devices/{device}/revoke", {"mode": "collect"}),
    ("/office/tickets/{ticket}/cancel", {"reason": "x"}),
    ("/office/settings/goodwill", {"advisor": "5", "was": "1", "shown": "1", "branch": "all"}),
    ("/office/settings/retention", {"tasks_days": "9", "was": "1", "shown": "1"}),
    ("/office/settings/goodwill/revert", {"to": "2", "was": "2"}),
    ("/office/settings/checklists", {"kind": "repair", "category": "hood"}),
    (
        "/office/settings/checklists/repair/steps/new",
        {"kind": "number", "label": "x", "label_zh": "x", "minimum": "1", "only_if": "x"},
    ),
    (
        "/office/settings/checklists/repair/order",
        {"listed": "steps", "code": "solved", "at": "9", "to": "1"},
    ),
    ("/office/settings/checklists/repair/publish", {"rev": "1", "was": "1", "note": "x"}),
]
