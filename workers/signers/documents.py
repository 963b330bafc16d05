"""The key that signs documents (PAdES), and the authority that vouches for it.

The asker prepares the PDF and sends the attributes that a CMS signature covers; the paper
itself never travels. Whoever has the authority's certificate can check a paper offline.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from auction.kernel.refusal import Refusal
from workers.signers.key_folder import KeyFolder
from workers.signers.operation import Answer, Operation, Question, hex_field

SIGNER, AUTHORITY = "documents", "documents-authority"
AUTHORITY_LASTS = timedelta(days=20 * 365)
SIGNER_LASTS = timedelta(days=3 * 365)
RENEWED_BEFORE = timedelta(days=90)
ATTRIBUTES_BYTES_MAX = 4096
_SET = b"\x31"
_CONTENT_IS_DATA = bytes.fromhex("06092a864886f70d010903310b06092a864886f70d010701")
_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d01090431220420")
_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def certify(keys: KeyFolder, now: datetime) -> None:
    """Make the authority at the first start; renew the signer's certificate before it ends."""
    authority = _key(keys, AUTHORITY)
    root = _kept(keys, AUTHORITY)
    if root is None:
        name = _name("落槌电子文书根证书")
        root = _certificate(
            (name, authority.public_key()), (name, authority), lasts=(now, AUTHORITY_LASTS)
        )
        keys.keep(_file(AUTHORITY), root.public_bytes(Encoding.PEM))
    known = _kept(keys, SIGNER)
    if known is None or known.not_valid_after_utc < now + RENEWED_BEFORE:
        made = _certificate(
            (_name("落槌电子文书专用章"), _key(keys, SIGNER).public_key()),
            (root.subject, authority),
            lasts=(now, SIGNER_LASTS),
        )
        keys.keep(_file(SIGNER), made.public_bytes(Encoding.PEM))


def certificates(keys: KeyFolder, _: Question) -> Answer:
    """Both certificates as PEM; they are public."""
    found = {name: _kept(keys, name) for name in (SIGNER, AUTHORITY)}
    return {
        role: certificate.public_bytes(Encoding.PEM).decode()
        for role, certificate in zip(("signer", "authority"), found.values(), strict=True)
        if certificate is not None
    }


def sign(keys: KeyFolder, question: Question) -> Answer:
    """Sign the attributes of a detached signature over a SHA-256 digest, and nothing else."""
    attributes = hex_field(question, "attributes", bytes_max=ATTRIBUTES_BYTES_MAX)
    is_signature = _CONTENT_IS_DATA in attributes and _MESSAGE_DIGEST in attributes
    if not attributes.startswith(_SET) or not is_signature:
        raise Refusal("keys.no_document")
    signature = _key(keys, SIGNER).sign(attributes, ec.ECDSA(hashes.SHA256()))
    return {"signature": signature.hex()}


OPERATIONS: Mapping[str, Operation] = {
    "document.certificates": certificates,
    "document.sign": sign,
}


def _key(keys: KeyFolder, name: str) -> ec.EllipticCurvePrivateKey:
    scalar = int.from_bytes(keys.secret(name), "big") % (_ORDER - 1) + 1
    return ec.derive_private_key(scalar, _CURVE)


def _file(name: str) -> str:
    return f"{name}.pem"


def _kept(keys: KeyFolder, name: str) -> x509.Certificate | None:
    content = keys.kept(_file(name))
    return x509.load_pem_x509_certificate(content) if content else None


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "落槌司法拍卖平台"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(
    holder: tuple[x509.Name, ec.EllipticCurvePublicKey],
    issuer: tuple[x509.Name, ec.EllipticCurvePrivateKey],
    *,
    lasts: tuple[datetime, timedelta],
) -> x509.Certificate:
    """One certificate; whoever issues to himself is an authority, others may only sign."""
    (name, public), (issuer_name, issuer_key) = holder, issuer
    is_authority = name == issuer_name
    start, length = lasts
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer_name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - timedelta(hours=1))  # clocks of readers differ
        .not_valid_after(start + length)
        .add_extension(
            x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None),
            critical=True,
        )
        .add_extension(_usage(is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(issuer_id, critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def _usage(is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
