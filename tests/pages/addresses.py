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
    ("/office/parts", ("q", "show", "after", "as")),
    ("/office/products", ("q", "show", "after", "as")),
    ("/office/stock", ("q", "after")),
    (f"/office/stock/warehouse:{people.NORTH}", ("q", "as")),
    (f"/office/stock/van:{people.ALICE.id}/count", ()),
    ("/office/movements", ("place", "sku", "kind", "after", "as")),
    ("/office/counts", ("show", "after")),
    ("/office/variances", ("show", "after")),
    ("/office/imports", ("kind", "place", "after")),
    ("/office/new/part", ()),
    ("/office/new/product", ()),
    ("/office/move/transfer", ("from_place", "to_place", "reason")),
    ("/office/move/return", ("from_place", "to_place", "job_id")),
    ("/office/verification", ("judged",)),
    ("/office/devices", ()),
    ("/office/figures", ("period", "from", "until", "branch", "figure", "by", "sort", "page")),
    ("/office/figures/stars", ("from", "until", "branch", "show", "by", "of", "after")),
    ("/office/sign-in", ("next",)),
    ("/office/tickets/{ticket}", ()),
    ("/office/tickets/{ticket}/plan", ("day", "assignee_id", "from", "to", "work", "reason")),
    ("/office/revisits/{revisit}/plan", ("day", "assignee_id")),
    ("/office/jobs/{job}/hand-over", ("assignee_id",)),
    ("/office/intake/{customer}", ("kind", "class")),
    ("/office/intake/{customer}/promise", ("kind", "class")),
    ("/office/verification/{job}", ("judged",)),
    ("/office/customers", ("q", "after")),
    ("/office/customers/new", ("name", "phone")),
    ("/office/customers/{customer}", ("after",)),
    ("/office/customers/{customer}/edit", ()),
    ("/office/customers/{customer}/merge", ("q",)),
    ("/office/customers/{customer}/erase", ()),
    ("/office/customers/{customer}/sites/new", ()),
    ("/office/sites/{site}", ()),
    ("/office/sites/{site}/edit", ()),
    ("/office/sites/{site}/assets/new", ()),
    ("/office/assets/{asset}", ()),
    ("/office/assets/{asset}/edit", ()),
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
    (
        "/office/part-requests/{request}/step",
        {"step": "reserve", "from_place": f"warehouse:{people.NORTH}"},
    ),
    ("/office/part-requests/{request}/step", {"step": "hand_over"}),
    (
        "/office/new/part",
        dict.fromkeys(("sku", "name", "name_zh", "unit"), "x")
        | {"unit_price": "1", "is_returnable": "false", "is_active": "true"},
    ),
    (
        "/office/new/product",
        dict.fromkeys(
            ("model", "name", "name_zh", "category", "care_card", "care_card_zh", "certificate"),
            "x",
        )
        | {"warranty_months": "24", "is_active": "true"},
    ),
    *(
        (
            f"/office/move/{kind}",
            {
                "sku": "x",
                "quantity": "1",
                "scan": "x",
                "from_place": f"warehouse:{people.NORTH}",
                "to_place": f"van:{people.ALICE.id}",
                "ticket_id": "{ticket}",
                "job_id": "{job}",
                "correction": "found",
                "reason": "x",
            },
        )
        for kind in ("transfer", "return", "adjust")
    ),
    (
        f"/office/stock/van:{people.ALICE.id}/count",
        {"sku": "x", "quantity": "1", "scan": "x", "is_full": "yes", "note": "x"},
    ),
    ("/office/imports", {"kind": "stock", "place": f"warehouse:{people.NORTH}"}),
    ("/office/part-requests/{request}/name", {"sku": "HINGE-110"}),
    ("/office/devices/{device}/revoke", {"mode": "collect"}),
    ("/office/tickets/{ticket}/cancel", {"reason": "x"}),
    (
        "/office/customers/new",
        dict.fromkeys(("name", "phone", "address", "district", "city", "access_notes"), "x")
        | {"email": "x@example.com", "language": "zh", "is_vip": "yes", "notes": "x"},
    ),
    (
        "/office/customers/{customer}/edit",
        {
            "name": "x",
            "phone": "x",
            "email": "",
            "language": "en",
            "is_vip": "no",
            "notes": "x",
            "was_notes": "y",
            "keep_notes": "both",
        },
    ),
    (
        "/office/customers/{customer}/consents",
        {"purpose": "marketing", "channel": "sms", "how": "link", "word": "given", "words": "x"},
    ),
    ("/office/customers/{customer}/hold", {"reason": "x"}),
    ("/office/customers/{customer}/release", {}),
    ("/office/customers/{customer}/erase", {"reason": "x"}),
    (
        "/office/customers/{customer}/merge",
        {"merged_id": "x", "kept_rev": "1", "merged_rev": "1", "name": "kept", "notes": "both"},
    ),
    (
        "/office/customers/{customer}/sites/new",
        {"address": "x", "district": "x", "time_zone": "Asia/Shanghai", "access_notes": "x"},
    ),
    (
        "/office/sites/{site}/edit",
        {"address": "x", "district": "", "time_zone": "Asia/Shanghai", "was_address": "y"},
    ),
    (
        "/office/sites/{site}/assets/new",
        {"product_id": "x", "serial": "x", "sold_on": "2026-11-24", "warranty_until": ""},
    ),
    (
        "/office/assets/{asset}/edit",
        {"serial": "x", "site_id": "x", "sold_on": "2026-11-24", "was_serial": "SN-1"},
    ),
]
