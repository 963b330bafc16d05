"""A paper's signature: PAdES on the bytes that were set, made with a key that lies elsewhere."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes, Signer
from pyhanko.sign.signers.pdf_signer import PdfTBSDocument
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from auction.kernel.canonical import sha256_hex

Sign = Callable[[bytes], Awaitable[bytes]]
"""Signs the attributes of a CMS signature with ECDSA P-256 over SHA-256."""
DIGEST = "sha256"
FIELD = "Signature"
_CMS_HEX_CHARS = 16384
_SIGNATURE_BYTES_MAX = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """The signer's certificate and the authority's that vouches for it, as PEM."""

    signer: bytes
    authority: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the signer's certificate, as certificate viewers show it."""
        return sha256_hex(next(iter(load_certs_from_pemder_data(self.signer))).dump())


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the signature says beside the bytes: who, why, when."""

    name: str
    reason: str
    signed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFacts:
    """What a reader of a signed PDF can check for himself."""

    is_intact: bool
    """The signed bytes are unchanged and the signature over them is right."""
    is_trusted: bool
    """Its certificate leads to the authority."""
    is_whole: bool
    """It covers the whole document: nothing was added after."""
    signer: str
    authority: str
    certificate: str
    """SHA-256 of the signer's certificate."""
    signed_at: datetime | None


class _Elsewhere(Signer):
    """Builds the signature here and has its one number made where the key is."""

    def __init__(self, certificates: Certificates, sign: Sign) -> None:
        both = load_certs_from_pemder_data(certificates.signer + certificates.authority)
        own, *_ = known = list(both)
        registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        registry.register_multiple(known)
        super().__init__(signing_cert=own, cert_registry=registry)
        self._sign = sign

    async def async_sign_raw(
        self,
        data: bytes,
        digest_algorithm: str,
        dry_run: bool = False,  # noqa: FBT001, FBT002, RUF100  (pyHanko's signature)
    ) -> bytes:
        """Ask for the signature of the attributes."""
        if digest_algorithm != DIGEST:
            raise ValueError("the signer knows SHA-256 only")
        return bytes(_SIGNATURE_BYTES_MAX) if dry_run else await self._sign(data)


async def sign_pdf(
    pdf: bytes, *, certificates: Certificates, statement: Statement, sign: Sign
) -> bytes:
    """Sign a PDF so that any later change to it shows; its first bytes stay as they were."""
    signer = _Elsewhere(certificates, sign)
    prepared, paper = await asyncio.to_thread(_prepare, pdf, signer, statement)
    signature = await signer.async_sign(
        prepared.document_digest,
        DIGEST,
        use_pades=True,
        signed_attr_settings=PdfCMSSignedAttributes(),
    )
    prepared.fill_with_cms(paper, signature)
    return paper.getvalue()


def _prepare(
    pdf: bytes, signer: Signer, statement: Statement
) -> tuple[PreparedByteRangeDigest, io.BytesIO]:
    """Leave room for the signature and digest everything around it."""
    said = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm=DIGEST,
        name=statement.name,
        reason=statement.reason,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    session = PdfSigner(said, signer).init_signing_session(writer)
    session.system_time = statement.signed_at
    tbs: PdfTBSDocument = session.prepare_tbs_document(
        validation_info=None, bytes_reserved=_CMS_HEX_CHARS
    )
    paper = io.BytesIO()
    prepared, _ = tbs.digest_tbs_document(output=paper)
    return prepared, paper


def read_signature(pdf: bytes, authority: bytes) -> SignatureFacts | None:
    """What the signature of one of our own papers says, None when it has none; for a thread."""
    root = list(load_certs_from_pemder_data(authority))
    found = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    if not found:
        return None
    told = validate_pdf_signature(found[0], ValidationContext(root, allow_fetching=False))
    certificate = told.signing_cert
    return SignatureFacts(
        is_intact=told.intact and told.valid,
        is_trusted=told.trusted,
        is_whole=told.coverage is not None and told.coverage.name == "ENTIRE_FILE",
        signer=str(certificate.subject.native.get("common_name", "")),
        authority=str(certificate.issuer.native.get("common_name", "")),
        certificate=sha256_hex(certificate.dump()),
        signed_at=found[0].self_reported_timestamp,
    )
