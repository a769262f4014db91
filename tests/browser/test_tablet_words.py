"""The words of one language come with the first download, the others soon after, and never are there none."""

import re

from tests import people
from tests.browser.proxies import Proxy
from tests.browser.tablets import Hands
from tests.office import Office

REST_IS_HERE = """async () => {
    for (let frame = 0; frame < 900; frame += 1) {
        const version = (await caches.keys()).find((name) => name.startsWith("doorstep-"));
        const files = version ? await (await caches.open(version)).keys() : [];
        if (files.filter(({ url }) => /(words|blackBox)-/.test(url)).length === 3) return true;
        await new Promise(requestAnimationFrame);
    }
    return false;
}"""


def test_the_other_language_is_here_before_anybody_needs_it(alice: Hands) -> None:
    asked: list[str] = []
    alice.page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    alice.opens_the_app()
    alice.sees_heading("Sign in")
    assert [name[:8] for name in asked if name.startswith("words-")] == ["words-en"]
    assert alice.page.evaluate(REST_IS_HERE)

    alice.loses_the_network()
    alice.chooses("简体中文")
    alice.sees_heading("登录")
    alice.reloads()
    alice.sees_heading("登录")


def test_a_language_that_did_not_come_is_spoken_once_there_is_a_network(
    alice_behind: Hands, office: Office, proxy: Proxy
) -> None:
    alice = alice_behind
    proxy.holds_back("words-zh")
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.opens_job(job_id)
    alice.does_next("Accept the job")
    code = code_at_the_customers(alice, job_id, "Hand over for the receipt")
    alice.taps("Give it back")
    alice.takes_the_tablet_back()
    alice.goes_to("account")
    alice.chooses("简体中文")
    alice.sees("This language is not on this tablet yet. Nothing is lost.")
    alice.sees_heading("You")

    alice.loses_the_network()
    proxy.holds_back(None)
    alice.finds_the_network()
    alice.sees_heading("我的账号")
    alice.loses_the_network()
    assert code_at_the_customers(alice, job_id, "请客户签回执") == code


def code_at_the_customers(alice: Hands, job_id: str, hand_over: str) -> str:
    """The customer reads Chinese, and what is signed stands in it, whatever stands around it."""
    alice.goes_to(f"job/{job_id}/signing")
    alice.taps(hand_over)
    alice.sees("服务回执")
    code = re.search(r"[0-9A-Z-]{4,}$", alice.page.locator(".receipt-code").inner_text())
    assert code
    return code.group()


def test_an_app_that_came_without_any_words_says_so_and_gets_them(
    alice_behind: Hands, proxy: Proxy
) -> None:
    proxy.holds_back("words-")
    alice_behind.opens_the_app()
    alice_behind.sees("Doorstep is not here as a whole yet.")
    alice_behind.loses_the_network()
    proxy.holds_back(None)
    alice_behind.finds_the_network()
    alice_behind.sees_heading("Sign in")
