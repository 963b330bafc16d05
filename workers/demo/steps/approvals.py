"""Four eyes in the journey: somebody reads what was proposed on a page, and says yes to it."""

import re

from workers.demo.browser import Page
from workers.demo.journey import Journey, StepError

_APPROVAL = re.compile(r'href="(/approvals/[0-9a-f-]{36})"')


async def say_yes(j: Journey, username: str, path: str, *, reads: str = "") -> Page:
    """Follow the link to what waits for approval on a page, read it, and approve it.

    `reads` is what the proposal must say for this person to agree.
    """
    browser = await j.as_(username)
    page = await browser.get(approval_path(await browser.get(path)))
    if reads not in page.said:
        raise StepError(f"{page.path} does not say {reads!r}")
    return await browser.fill(page, "approve", {"confirmed": "on"})


def approval_path(page: Page) -> str:
    """Where what waits for approval on a page is shown and decided."""
    found = _APPROVAL.search(page.text)
    if found is None:
        raise StepError(f"nothing waits for approval on {page.path}")
    return found[1]
