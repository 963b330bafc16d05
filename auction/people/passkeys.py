"""Passkeys (WebAuthn): offered to everybody, good for both factors at once."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import webauthn
from sqlalchemy import select
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from auction.kernel.ids import PersonId
from auction.kernel.refusal import Refusal
from auction.people import policy
from auction.people.credentials import token_digest
from auction.people.factors import Challenge, Passkey, Purpose
from auction.people.proving import FactorKey, factors_of
from auction.store.unit import Unit

CHALLENGE_LIFE = timedelta(minutes=10)
LABEL_CHARS_MAX = 60
_NONCE_BYTES = 16
_TIME_BYTES = 8


@dataclass(frozen=True, slots=True)
class Site:
    """The site as the browser names it: keys are bound to its host."""

    host: str
    origin: str


class _Response(msgspec.Struct, frozen=True, rename="camel"):
    client_data_json: str = msgspec.field(name="clientDataJSON")


class _Reply(msgspec.Struct, frozen=True):
    response: _Response


class _ClientData(msgspec.Struct, frozen=True):
    challenge: str


def new_challenge(key: FactorKey, about: str, now: datetime) -> bytes:
    """A challenge that only we can have made; it is written down when it is answered."""
    body = secrets.token_bytes(_NONCE_BYTES) + int(now.timestamp()).to_bytes(_TIME_BYTES)
    return body + key.challenge_mac(about, body)


def is_ours(key: FactorKey, challenge: bytes, about: str, now: datetime) -> bool:
    """Whether a challenge was made here, for this, not long ago."""
    body, mac = challenge[: _NONCE_BYTES + _TIME_BYTES], challenge[_NONCE_BYTES + _TIME_BYTES :]
    if not secrets.compare_digest(mac, key.challenge_mac(about, body)):
        return False
    made = int.from_bytes(body[_NONCE_BYTES:])
    return 0 <= now.timestamp() - made < CHALLENGE_LIFE.total_seconds()


def creation_options(
    site: Site, challenge: bytes, *, person_id: UUID, username: str, known: tuple[Passkey, ...]
) -> str:
    """What a browser is asked when a passkey is to be made."""
    return options_to_json(
        webauthn.generate_registration_options(
            rp_id=site.host,
            rp_name="Luochui 落槌",
            user_id=person_id.bytes,
            user_name=username,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=one.credential_id) for one in known
            ],
        )
    )


def request_options(site: Site, challenge: bytes) -> str:
    """What a browser is asked when a passkey is to prove who is there."""
    return options_to_json(
        webauthn.generate_authentication_options(
            rp_id=site.host,
            challenge=challenge,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


async def add_passkey(work: Unit, *, reply: str, label: str, site: Site, key: FactorKey) -> None:
    """Keep the public half of a new passkey of the actor's own."""
    work.require(policy.STEP_UP)
    person_id = _own(work)
    challenge = await _spent(work, reply, f"add {person_id}", key)
    try:
        made = webauthn.verify_registration_response(
            credential=reply,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except WebAuthnException as wrong:
        raise Refusal("passkey.not_accepted") from wrong
    work.add(
        Passkey(
            id=work.new_id(), person_id=person_id, credential_id=made.credential_id,
            public_key=made.credential_public_key, sign_count=made.sign_count,
            label=label.strip()[:LABEL_CHARS_MAX], made_at=work.now, used_at=None, revoked_at=None,
        )
    )  # fmt: skip
    work.record("person.passkey_added", stream=f"person:{person_id}")


async def use_passkey(
    work: Unit, *, reply: str, about: str, site: Site, key: FactorKey
) -> PersonId:
    """Return whose passkey signed the challenge; every way to be wrong reads the same."""
    work.require(policy.PROVE)
    challenge = await _spent(work, reply, about, key)
    try:
        credential_id = webauthn.helpers.parse_authentication_credential_json(reply).raw_id
        found = await work.session.scalar(
            select(Passkey)
            .where(Passkey.credential_id == credential_id, Passkey.revoked_at.is_(None))
            .with_for_update()
        )
        if found is None:
            raise Refusal("passkey.not_accepted")
        told = webauthn.verify_authentication_response(
            credential=reply,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=found.public_key,
            credential_current_sign_count=found.sign_count,
            require_user_verification=True,
        )
    except WebAuthnException as wrong:
        raise Refusal("passkey.not_accepted") from wrong
    found.sign_count = told.new_sign_count
    found.used_at = work.now
    work.record("person.passkey_used", stream=f"person:{found.person_id}", passkey=str(found.id))
    return PersonId(found.person_id)


async def drop_passkey(work: Unit, passkey_id: UUID) -> None:
    """Give one of one's own passkeys up; staff keep one second factor at least."""
    found = await work.lock(Passkey, passkey_id)
    work.require(policy.STEP_UP)
    if found.person_id != work.actor.person_id or found.revoked_at is not None:
        raise Refusal("not_found", what="passkey", id=str(passkey_id))
    factors = await factors_of(work.session, found.person_id)
    if factors.is_required and not factors.has_generator and len(factors.passkeys) == 1:
        raise Refusal("factor.last_one")
    found.revoked_at = work.now
    work.record("person.passkey_dropped", stream=f"person:{found.person_id}", passkey=str(found.id))


async def _spent(work: Unit, reply: str, about: str, key: FactorKey) -> bytes:
    """The challenge that a browser answered: ours, fresh, and answered for the first time."""
    try:
        outer = msgspec.json.decode(reply, type=_Reply)
        told = base64url_to_bytes(outer.response.client_data_json)
        challenge = base64url_to_bytes(msgspec.json.decode(told, type=_ClientData).challenge)
    except (msgspec.MsgspecError, ValueError) as wrong:
        raise Refusal("passkey.not_accepted") from wrong
    digest = token_digest(challenge.hex())
    known = await work.session.scalar(select(Challenge.id).where(Challenge.digest == digest))
    if known is not None or not is_ours(key, challenge, about, work.now):
        raise Refusal("passkey.not_accepted")
    work.add(
        Challenge(
            id=work.new_id(), purpose=Purpose.PASSKEY, person_id=work.actor.person_id,
            digest=digest, failures=0, made_at=work.now, expires_at=work.now, used_at=work.now,
        )
    )  # fmt: skip
    return challenge


def _own(work: Unit) -> PersonId:
    if work.actor.person_id is None:
        raise Refusal("forbidden", action="person.prove")
    return work.actor.person_id
