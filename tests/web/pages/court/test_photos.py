"""Photographs: shown without their metadata, their originals sealed and opened for a reason."""

import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from auction.kernel.actor import Role
from auction.kernel.canonical import sha256_hex
from auction.kernel.settings import Settings
from auction.lots.asset import OriginalOpening, Photograph
from auction.store.database import Database
from auction.store.journal import JournalEntry
from tests.uploads import taken
from tests.web.browser import ORIGIN, Browser, browser_of, forms_of, serving
from tests.web.conftest import NewBrowser
from tests.web.pages.test_court import opens_a_case, seizes
from tests.web.pages.test_finance import a_member_of_staff, signs_in
from web.app import build_app

PHOTO = taken("JPEG")
REASON = "当事人对拍摄地点提出异议"


@pytest.fixture
async def officer(database: Database, new_browser: NewBrowser) -> Browser:
    return await signs_in(new_browser(), await a_member_of_staff(database, Role.OFFICER, 1))


async def uploads(browser: Browser, asset: str, content: bytes) -> int:
    action, fields = forms_of((await browser.get(asset)).text)["add-photos"]
    answer = await browser.client.post(
        action,
        data=fields,
        files={"photos": ("a.jpg", content, "image/jpeg")},
        headers={"origin": ORIGIN},
    )
    return answer.status_code


async def an_asset_with_a_photo(browser: Browser) -> str:
    asset = await seizes(browser, await opens_a_case(browser))
    assert await uploads(browser, asset, PHOTO) == 303
    return asset


async def the_photo(database: Database) -> Photograph:
    async with database.reading() as session:
        return (await session.scalars(select(Photograph))).one()


async def openings(database: Database) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(OriginalOpening)) or 0


def stored(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


class TestUploading:
    async def test_only_pictures_become_photographs_and_lose_their_place(
        self, officer: Browser
    ) -> None:
        asset = await an_asset_with_a_photo(officer)
        for content in (b"%PDF-1.7", b"<svg/>"):
            assert await uploads(officer, asset, content) == 422
        picture = re.search(r'src="(/court/photos/[^"]+)"', (await officer.get(asset)).text)
        assert picture is not None
        shown = await officer.get(picture[1])
        assert shown.headers["content-type"] == "image/jpeg"
        assert b"SpyPhone" in PHOTO
        assert b"SpyPhone" not in shown.content

    async def test_the_original_is_kept_and_nothing_of_it_can_be_read_in_the_store(
        self, officer: Browser, database: Database, settings: Settings
    ) -> None:
        await an_asset_with_a_photo(officer)
        row, files = await the_photo(database), stored(settings.files_path)
        assert set(files) == {row.digest, row.sealed_digest}
        assert row.original_digest == sha256_hex(PHOTO)
        for content in files.values():
            for trace in (b"SpyPhone", b"from my home", PHOTO[200:240]):
                assert trace not in content

    async def test_while_the_keeper_is_silent_nothing_is_taken_and_nothing_stored(
        self, database: Database, settings: Settings
    ) -> None:
        username = await a_member_of_staff(database, Role.OFFICER, 1)
        async with serving(build_app(settings, database)) as transport:
            officer = await signs_in(browser_of(transport), username)
            asset = await seizes(officer, await opens_a_case(officer))
            assert await uploads(officer, asset, PHOTO) == 503
        assert stored(settings.files_path) == {}


class TestOpeningAnOriginal:
    async def test_hands_out_the_bytes_that_were_handed_in_and_says_so_on_record(
        self, officer: Browser, database: Database
    ) -> None:
        asset = await an_asset_with_a_photo(officer)
        given = await officer.submit(asset, "open-original", {"reason": REASON})
        assert given.content == PHOTO
        assert given.headers["content-disposition"].startswith("attachment")
        told = (await officer.get(asset)).text.split("原件调取记录")[1]
        assert REASON in told
        assert "钱谨" in told
        async with database.reading() as session:
            kinds = list(await session.scalars(select(JournalEntry.kind)))
        assert kinds.count("photograph.original_opened") == 1

    async def test_without_a_reason_nothing_opens_and_nothing_is_on_record(
        self, officer: Browser, database: Database
    ) -> None:
        asset = await an_asset_with_a_photo(officer)
        answer = await officer.submit(asset, "open-original", {"reason": " "})
        assert answer.status_code == 422
        assert await openings(database) == 0

    async def test_is_for_an_officer_of_the_court_who_proves_to_be_there(
        self, officer: Browser, database: Database, new_browser: NewBrowser
    ) -> None:
        asset = await an_asset_with_a_photo(officer)
        action, fields = forms_of((await officer.get(asset)).text)["open-original"]
        told = {"photograph": fields["photograph"], "reason": REASON}
        panel = await signs_in(new_browser(), await a_member_of_staff(database, Role.PANEL, 2))
        assert "open-original" not in (await panel.get(asset)).text
        csrf = forms_of((await panel.get("/court")).text)["sign-out"][1]["csrf"]
        refused = await panel.client.post(
            action, data={**told, "csrf": csrf}, headers={"origin": ORIGIN}
        )
        assert refused.status_code == 403
        assert refused.content != PHOTO
        assert await openings(database) == 0

    async def test_a_picture_of_another_asset_is_not_there(
        self, officer: Browser, database: Database
    ) -> None:
        asset = await an_asset_with_a_photo(officer)
        action, fields = forms_of((await officer.get(asset)).text)["open-original"]
        case = re.search(r'href="(/court/cases/[^"]+)"', (await officer.get(asset)).text)
        assert case is not None
        other = await seizes(officer, case[1], registry_number="2")
        answer = await officer.client.post(
            other + "/originals", data={**fields, "reason": REASON}, headers={"origin": ORIGIN}
        )
        assert action.endswith("/originals")
        assert answer.status_code == 404
        assert await openings(database) == 0
