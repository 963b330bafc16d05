"""A signed paper, judged by a stranger's program: poppler's pdfsig with our authority."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from auction.kernel.refusal import Refusal
from auction.notices.render import render
from auction.notices.signing import Certificates, Statement, read_signature, sign_pdf
from auction.notices.wording import NoticeKind
from tests.auction.notices.test_render import ORIGIN, a_paper
from tests.tools import run, tool
from workers.signers import documents
from workers.signers.key_folder import KeyFolder

NOW = datetime.now(UTC)  # noqa: TID251  (pdfsig judges certificates by the machine's clock)


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    keyring = KeyFolder(tmp_path / "keys")
    documents.certify(keyring, NOW)
    return keyring


def certificates_of(keys: KeyFolder) -> Certificates:
    told = documents.certificates(keys, {})
    return Certificates(signer=told["signer"].encode(), authority=told["authority"].encode())


async def signed(keys: KeyFolder, unsigned: bytes) -> bytes:
    async def sign(attributes: bytes) -> bytes:
        told = documents.sign(keys, {"attributes": attributes.hex()})
        return bytes.fromhex(told["signature"])

    statement = Statement(name="杭湾市人民法院（演示）", reason="成交确认书", signed_at=NOW)
    return await sign_pdf(
        unsigned, certificates=certificates_of(keys), statement=statement, sign=sign
    )


def judged(pdf: bytes, authority: bytes, folder: Path) -> str:
    """What pdfsig says, trusting nobody but our authority."""
    tool("pdfsig")
    trust = folder / "trust"
    if not trust.exists():
        trust.mkdir()
        (folder / "authority.cer").write_bytes(authority)
        run("certutil", "-N", "-d", f"sql:{trust}", "--empty-password")
        run("certutil", "-A", "-d", f"sql:{trust}", "-n", "authority", "-t", "CT,C,C",
            "-i", folder / "authority.cer")  # fmt: skip
    (folder / "paper.pdf").write_bytes(pdf)
    return run("pdfsig", "-nssdir", f"sql:{trust}", folder / "paper.pdf")


@pytest.fixture
def unsigned() -> bytes:
    return render(a_paper(NoticeKind.SALE_CONFIRMATION), ORIGIN)


class TestSignedPaper:
    async def test_is_valid_trusted_and_whole(
        self, keys: KeyFolder, unsigned: bytes, tmp_path: Path
    ) -> None:
        said = judged(await signed(keys, unsigned), certificates_of(keys).authority, tmp_path)
        assert "ETSI.CAdES.detached" in said
        assert "Signature is Valid" in said
        assert "Certificate is Trusted" in said
        assert "Total document signed" in said

    @pytest.mark.parametrize("place", [0.01, 0.2, 0.5, 0.8, 0.99, 1.02, "signature"])
    async def test_one_flipped_byte_fails(
        self, keys: KeyFolder, unsigned: bytes, place: float | str, tmp_path: Path
    ) -> None:
        """Anywhere: in what was set, in what signing added, in the signature itself."""
        good = await signed(keys, unsigned)
        bad = bytearray(good)
        if isinstance(place, float):
            bad[int(len(unsigned) * place)] ^= 1
        else:
            first = good.index(b"/Contents <") + len(b"/Contents <")
            digit = first + len(good[first : good.index(b">", first)].rstrip(b"0")) - 8
            bad[digit] = ord("1") if bad[digit] == ord("0") else ord("0")
        authority = certificates_of(keys).authority
        assert "Signature is Valid" not in judged(bytes(bad), authority, tmp_path)
        assert "Signature is Valid" in judged(good, authority, tmp_path)

    async def test_something_added_after_shows(
        self, keys: KeyFolder, unsigned: bytes, tmp_path: Path
    ) -> None:
        longer = await signed(keys, unsigned) + b"% one line more\n"
        assert "Total document signed" not in judged(
            longer, certificates_of(keys).authority, tmp_path
        )
        told = await asyncio.to_thread(read_signature, longer, certificates_of(keys).authority)
        assert told is not None
        assert not told.is_whole

    async def test_of_another_house_is_not_trusted(
        self, keys: KeyFolder, unsigned: bytes, tmp_path: Path
    ) -> None:
        other = KeyFolder(tmp_path / "other")
        documents.certify(other, NOW)
        paper = await signed(other, unsigned)
        said = judged(paper, certificates_of(keys).authority, tmp_path)
        assert "Signature is Valid" in said
        assert "Certificate is Trusted" not in said

    async def test_begins_with_the_unsigned_bytes_and_forbids_every_change(
        self, keys: KeyFolder, unsigned: bytes
    ) -> None:
        paper = await signed(keys, unsigned)
        assert paper.startswith(unsigned)
        assert b"/DocMDP" in paper[len(unsigned) :]
        assert b"/P 1" in paper[len(unsigned) :]

    async def test_without_a_signature_has_nothing_to_tell(
        self, keys: KeyFolder, unsigned: bytes
    ) -> None:
        assert (
            await asyncio.to_thread(read_signature, unsigned, certificates_of(keys).authority)
            is None
        )


class TestKeeper:
    @pytest.mark.parametrize("attributes", ["", "31", "3000", "00" * 5000, "zz"])
    def test_signs_nothing_but_documents(self, keys: KeyFolder, attributes: str) -> None:
        with pytest.raises((Refusal, ValueError)):
            documents.sign(keys, {"attributes": attributes})

    def test_keeps_its_certificates_until_they_are_nearly_over(self, keys: KeyFolder) -> None:
        before = documents.certificates(keys, {})
        documents.certify(keys, NOW + timedelta(days=30))
        assert documents.certificates(keys, {}) == before
        documents.certify(keys, NOW + documents.SIGNER_LASTS - timedelta(days=30))
        after = documents.certificates(keys, {})
        assert after["authority"] == before["authority"]
        assert after["signer"] != before["signer"]
        renewed = x509.load_pem_x509_certificate(after["signer"].encode())
        old = x509.load_pem_x509_certificate(before["signer"].encode())
        assert renewed.public_key() == old.public_key()

    def test_the_signer_vouches_for_nobody(self, keys: KeyFolder) -> None:
        own = x509.load_pem_x509_certificate(certificates_of(keys).signer)
        assert not own.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        root = x509.load_pem_x509_certificate(certificates_of(keys).authority)
        own.verify_directly_issued_by(root)
