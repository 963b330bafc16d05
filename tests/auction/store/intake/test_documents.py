"""Every file of the corpus is refused, each for its own reason; good ones pass."""

import pytest

from auction.kernel.refusal import Refusal
from auction.store.intake import documents
from auction.store.intake.documents import Fault, check_pdf, check_text
from auction.store.intake.pictures import PictureFault, clean_picture
from tests.auction.store.intake.bad_files import GOOD, PDFS, PICTURES, TEXTS, a_pdf
from web.i18n import Locale, catalogue


@pytest.mark.parametrize("name", PDFS)
async def test_a_bad_pdf_is_refused_with_its_reason(name: str) -> None:
    content, reason = PDFS[name]
    with pytest.raises(Refusal) as refused:
        await check_pdf(content)
    assert refused.value.code == reason


@pytest.mark.parametrize("name", PICTURES)
async def test_a_bad_picture_is_refused_with_its_reason(name: str) -> None:
    content, reason = PICTURES[name]
    with pytest.raises(Refusal) as refused:
        await clean_picture(content)
    assert refused.value.code == reason


@pytest.mark.parametrize("name", TEXTS)
def test_a_bad_text_is_refused_with_its_reason(name: str) -> None:
    content, reason = TEXTS[name]
    with pytest.raises(Refusal) as refused:
        check_text(content)
    assert refused.value.code == reason


async def test_good_files_pass() -> None:
    await check_pdf(GOOD)
    await check_pdf(a_pdf(pages=500))
    await check_pdf(GOOD + b"\n")
    check_text("序号,金额\n1,2\n".encode("gb18030"))


async def test_a_file_that_breaks_its_reader_is_too_hard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "WAIT_SECONDS_MAX", 0.01)
    with pytest.raises(Refusal) as refused:
        await check_pdf(GOOD)
    assert refused.value.code == Fault.TOO_HARD


def test_the_corpus_is_large_and_knows_every_reason() -> None:
    rows = [*PDFS.values(), *PICTURES.values(), *TEXTS.values()]
    assert len(rows) >= 60
    assert {reason for _, reason in rows} | {Fault.TOO_HARD} == {*Fault, *PictureFault}


@pytest.mark.parametrize("locale", list(Locale))
def test_every_reason_has_a_sentence_of_its_own(locale: Locale) -> None:
    told = [catalogue(locale)[reason] for reason in (*Fault, *PictureFault)]
    assert len(set(told)) == len(told)
