"""The office's addresses with what they are asked, and its forms filled in well; names stand for ids."""

from tests import people

QUERIES = [
    ("/office/", ()),
    ("/office/tickets", ("q", "show", "kind", "after")),
    ("/office/jobs", ("day",)),
    (
        "/office/board",
        ("view", "day", "branch", "group", "kind", "class", "place", "skill", "q", "after"),
    ),
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
    ("/office/jobs/{job}/move", ("day", "assignee_id", "from", "to", "until")),
    ("/office/intake/{customer}", ("kind", "class")),
    ("/office/intake/{customer}/promise", ("kind", "class")),
    ("/office/verification/{job}", ("judged",)),
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
    (
        "/office/jobs/{job}/reassign",
        {"assignee_id": people.LENA.id, "edition": "1", "reason": "x"},
    ),
    (
        "/office/jobs/{job}/move",
        {
            "assignee_id": people.LENA.id,
            "day": "2026-11-24",
            "from": "09:00",
            "to": "11:00",
            "until": "2026-11-24",
            "zone": "Asia/Shanghai",
            "edition": "1",
            "reason": "x",
        },
    ),
    ("/office/verification/{job}/verdict", {"verdict": "rework", "reason": "x"}),
    (
        "/office/part-requests/{request}/step",
        {"step": "ship", "tracking": "x", "expected_on": "2026-11-24", "reason": "x"},
    ),
    ("/office/part-requests/{request}/name", {"sku": "HINGE-110"}),
    ("/office/devices/{device}/revoke", {"mode": "collect"}),
    ("/office/tickets/{ticket}/cancel", {"reason": "x"}),
]
