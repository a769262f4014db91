"""The browser of the browser tests."""

from playwright.sync_api import Page


def test_it_shows_a_page(page: Page) -> None:
    page.set_content("<h1>工单</h1><script>document.title = 'Doorstep'</script>")
    assert page.title() == "Doorstep"
    assert page.get_by_role("heading").inner_text() == "工单"
