"""Signing up: warnings one by one, a room password, an insider refused, a priority confirmed."""

import asyncio
import json
import re

from workers.demo.browser import Page
from workers.demo.journey import Journey, StepError
from workers.demo.steps.approvals import say_yes

BIDDERS = ("bidder1", "bidder2", "bidder3", "bidder4", "bidder5")
INSIDER = "insider"
PRIORITY_HOLDER = "bidder5"
"""承租人 of the asset: the panel confirms the first rank."""
PANEL = "panel1"
SECOND_OF_PANEL = "panel2"
CODE_SECONDS_MAX = 60.0
_TICKET_TOKEN = re.compile(r'data-token="([^"]+)"')
_CODE = re.compile(r'data-code="([0-9A-Z]+)"')


async def bidders_register(j: Journey) -> None:
    """Step 5: five people sign up, each warning by its own act; an insider is refused."""
    async with j.step("Five bidders acknowledge each warning and undertake what is asked"):
        await asyncio.gather(
            *(register(j, name, has_priority=name == PRIORITY_HOLDER) for name in BIDDERS)
        )
        j.facts["priority_holder"] = PRIORITY_HOLDER
    async with j.step("A sixth, staff of the enforcing court, is refused (网拍34)"):
        page = await (await j.as_(INSIDER)).submit(_join(j), "start-registration", expect=422)
        if "网拍34" not in page.said:
            raise StepError("the refusal does not name its article")
    async with j.step("Two of the panel confirm one priority holder with the first rank (网拍19)"):
        await _confirm_priority(j)


async def codes_arrive(j: Journey) -> None:
    """After the deposits are held: everybody holds a code that only he can open."""
    async with j.step("Each bidder opens an unguessable code with his own room password"):
        opened = await asyncio.gather(*(enter_hall(j, username) for username in BIDDERS))
        codes = dict(zip(BIDDERS, opened, strict=True))
        if len(set(codes.values())) < len(BIDDERS):
            raise StepError("two bidders hold one code")
        j.facts["codes"] = codes


async def enter_hall(j: Journey, username: str) -> str:
    """Open a bidder's code on the page of the room and return it."""
    browser = await j.as_(username)
    room = f"/lots/{j.text('listing_id')}/room"

    async def is_qualified() -> bool:
        return "enter-room" in (await browser.get(room)).forms

    await j.until(is_qualified, f"the code of {username} to be issued", seconds=CODE_SECONDS_MAX)
    page = await browser.submit(room, "enter-room", {"room_password": room_password(username)})
    return _found(page, _CODE, "a code")


async def hall_ticket(j: Journey, username: str) -> str:
    """Fetch a one-time ticket for the hall's socket, as the room's script does."""
    browser = await j.as_(username)
    room = f"/lots/{j.text('listing_id')}/room"
    token = _found(await browser.get(room), _TICKET_TOKEN, "a token")
    answer = await browser.ask(f"{room}/ticket", token)
    told = json.loads(answer.content)
    return str(told["ticket"])


def room_password(username: str) -> str:
    """The 参拍密码 of a made-up bidder; known to that bidder only."""
    return f"参拍-{username}-2026"


async def register(j: Journey, username: str, *, has_priority: bool = False) -> None:
    """Take every task of the registration in turn, until the deposit is asked for."""
    page = await hand_in(j, username, has_priority=has_priority)
    if "待缴纳" not in page.said:
        raise StepError(f"{username} is not asked for a deposit")


async def hand_in(j: Journey, username: str, *, has_priority: bool = False) -> Page:
    """Take every task of the registration in turn; the page of what comes next."""
    browser = await j.as_(username)
    page = await browser.submit(_join(j), "start-registration")
    for form_id in sorted(form for form in page.forms if form.startswith("ack-")):
        page = await browser.fill(page, form_id, {})
    if has_priority:
        ground = {"ground": "承租人，租赁合同租期至2029年3月31日"}
        page = await browser.fill(page, "claim-priority", ground)
    secret = room_password(username)
    return await browser.fill(
        page, "submit-registration", {"room_password": secret, "room_password_again": secret}
    )


async def _confirm_priority(j: Journey) -> None:
    panel = await j.as_(PANEL)
    page = await panel.get("/court/priority")
    claims = [form for form in page.forms if form.startswith("decide-")]
    if len(claims) != 1:
        raise StepError(f"{len(claims)} claims wait for the panel, not one")
    await panel.submit("/court/priority", claims[0], {"decision": "confirm", "rank": "1"})
    await say_yes(j, SECOND_OF_PANEL, "/court/priority", reads="承租")
    page = await (await j.as_(PRIORITY_HOLDER)).get(_join(j))
    if "第 1 顺位" not in page.said:
        raise StepError("the priority holder does not see his rank")


def _join(j: Journey) -> str:
    return f"/lots/{j.text('listing_id')}/join"


def _found(page: Page, wanted: re.Pattern[str], what: str) -> str:
    found = wanted.search(page.text)
    if found is None:
        raise StepError(f"{page.path} shows no {what}")
    return found.group(1)
