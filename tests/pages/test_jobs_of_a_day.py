"""The jobs of a day, page after page: each once, also where many end at the same time."""

import re

import pytest

from server.office import jobs
from tests.pages.desks import Desk
from tests.shop import Shop


def test_page_after_page(bob: Desk, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "A_PAGE", 2)
    issued = [shop.issues_a_job(reason="All at once") for _ in range(5)]
    assert len({job["window_end"] for job in issued}) == 1
    page = bob.opens(f"/office/jobs?day={issued[0]['window_start'][:10]}")
    pages = [re.findall(r"J-\d+", page.html)]
    while further := [each for each in page.links() if "after=" in each]:
        page = bob.opens(further[0])
        pages.append(re.findall(r"J-\d+", page.html))
    found = [list(dict.fromkeys(each)) for each in pages]
    assert list(map(len, found)) == [2, 2, 1]
    assert [each for ids in found for each in ids] == sorted(job["id"] for job in issued)
