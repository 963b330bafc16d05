"""Every form that the walk met, sent empty and sent wrong: all errors told, the input kept."""

import asyncio
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser
from playwright.async_api import Page as Tab

from tests.journeys.demonstration import Demonstration
from tests.journeys.looks.eyes import axe, complaints, desk
from tests.journeys.looks.pages import Page

pytestmark = [pytest.mark.journey, pytest.mark.browser]

REFUSED = {401, 409, 422}
AT_ONCE = 3
MAY_BE_EMPTY = frozenset({"listing-items"})
"""Forms of which nothing must be filled in: the items of a draft may be saved half done."""

EMPTY = """form => {
    for (const e of form.elements) {
        if (e.type === 'checkbox' || e.type === 'radio') e.checked = false;
        else if (e.tagName === 'TEXTAREA' || e.tagName === 'INPUT')
            if (e.type !== 'hidden' && e.type !== 'file') e.value = '';
    }
}"""
WRONG = """form => {
    const kept = {};
    for (const e of form.elements) {
        if (!e.name || ['hidden', 'file', 'checkbox', 'radio'].includes(e.type)) continue;
        if (e.tagName === 'SELECT') { e.add(new Option('?', 'none')); e.value = 'none'; }
        else if (e.tagName !== 'BUTTON') {
            if (['date', 'datetime-local', 'number'].includes(e.type)) e.type = 'text';
            e.value = 'bu dui';
            if (e.type !== 'password') kept[e.name] = e.value;
        }
    }
    return kept;
}"""
TYPED = """form => [...form.elements].some(e => e.tagName === 'SELECT' || e.inputMode
    || ['date', 'datetime-local', 'number'].includes(e.type))"""
VISIBLE = """forms => forms.filter(f => f.method === 'post' && [...f.elements].some(
    e => e.name && e.type !== 'hidden' && e.tagName !== 'BUTTON')).map(f => f.id)"""
TOLD = """form => {
    const wrong = [], summary = document.getElementById('trouble');
    if (!summary) return ['there is no summary of errors'];
    if (document.activeElement !== summary) wrong.push('the summary has no focus');
    const links = [...summary.querySelectorAll('a')];
    const told = [...document.querySelectorAll('.error')].filter(e => !e.hidden);
    if (links.length !== told.length) wrong.push(`tells ${links.length} of ${told.length} errors`);
    for (const link of links) {
        const field = document.getElementById(link.hash.slice(1));
        if (!field) { wrong.push(`${link.hash} leads nowhere`); continue; }
        if (!form.contains(field)) wrong.push(`${link.hash} leads to another form`);
        if (!field.getClientRects().length) wrong.push(`${link.hash} is folded away`);
        const said = (field.getAttribute('aria-describedby') || '').split(' ')
            .map(id => document.getElementById(id)).find(e => e && e.classList.contains('error'));
        if (!said) wrong.push(`${link.hash} is not described by its error`);
        else if (!link.textContent.includes(said.textContent))
            wrong.push(`${link.hash} says something else`);
        if (field.tagName !== 'FIELDSET' && field.getAttribute('aria-invalid') !== 'true')
            wrong.push(`${link.hash} is not marked as invalid`);
    }
    return wrong;
}"""
KEPT = """(form, kept) => Object.entries(kept).filter(([name, value]) => {
    const field = form.elements[name];
    return field && !['date', 'datetime-local'].includes(field.type) && field.value !== value;
}).map(([name]) => `${name} was not kept`)"""


@dataclass(frozen=True, slots=True)
class Place:
    """A form on the page where it stands."""

    page: Page
    form_id: str


def places(pages: list[Page]) -> dict[str, list[Place]]:
    """Each kind of form once, by the role that meets it first."""
    met: set[tuple[str, str]] = set()
    found: dict[str, list[Place]] = {}
    for page in pages:
        for form_id in page.form_ids:
            kind = (page.sheet, form_id.rstrip("0123456789"))
            if kind not in met and not form_id.startswith(("be-", "sign-out")):
                met.add(kind)
                found.setdefault(page.role, []).append(Place(page, form_id))
    return found


async def test_every_form_tells_all_its_errors_and_keeps_its_input(
    browser: Browser, grown: Demonstration, pages: list[Page]
) -> None:
    at_once = asyncio.Semaphore(AT_ONCE)

    async def try_all(role: str, mine: list[Place]) -> list[str]:
        wrong: list[str] = []
        async with at_once, desk(browser, grown, role) as tab:
            for place in mine:
                found = await faults_of(tab, place)
                wrong += [f"{role} {place.page.sheet}#{place.form_id}: {fault}" for fault in found]
        return wrong

    tried = await asyncio.gather(*(try_all(role, mine) for role, mine in places(pages).items()))
    wrong = [fault for found in tried for fault in found]
    assert not wrong, "\n".join(wrong)


async def faults_of(tab: Tab, place: Place) -> list[str]:
    await tab.goto(place.page.path)
    if place.form_id not in await tab.eval_on_selector_all("form", VISIBLE):
        return []
    await _fill(tab, place, EMPTY)
    status = await _send(tab, place)
    if place.form_id in MAY_BE_EMPTY:
        return [] if status < 400 else [f"answered {status}"]
    if status not in REFUSED:
        return [f"sent empty, it was answered {status}"]
    wrong = await _told(tab, place) + await axe(tab) + complaints(tab)
    if await tab.eval_on_selector(f"form[id='{place.form_id}']", TYPED):
        kept = await _fill(tab, place, WRONG)
        status = await _send(tab, place)
        wrong += [] if status in REFUSED else [f"sent wrong, it was answered {status}"]
        wrong += await _told(tab, place)
        wrong += await tab.eval_on_selector(f"form[id='{place.form_id}']", KEPT, kept)
    return wrong


async def _fill(tab: Tab, place: Place, how: str) -> dict[str, str]:
    found: dict[str, str] = await tab.eval_on_selector(f"form[id='{place.form_id}']", how)
    return found


async def _send(tab: Tab, place: Place) -> int:
    """Press the form's button; enter the code that the demonstration shows if it asks for one."""
    async with tab.expect_navigation() as going:
        await tab.eval_on_selector(f"form[id='{place.form_id}']", "form => form.requestSubmit()")
    answer = await going.value
    shown = tab.locator("#shown-code")
    if await shown.count():
        await tab.fill("form#step-up input[name=one_time_code]", await shown.inner_text())
        async with tab.expect_navigation() as going:
            await tab.eval_on_selector("form#step-up", "form => form.requestSubmit()")
        answer = await going.value
    return answer.status


async def _told(tab: Tab, place: Place) -> list[str]:
    if not await tab.locator(f"form[id='{place.form_id}']").count():
        return ["is not shown again"]
    found: list[str] = await tab.eval_on_selector(f"form[id='{place.form_id}']", TOLD)
    return found
