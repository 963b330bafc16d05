"""Erase a person 删除个人信息 (个保法47): the key is destroyed, and what tells him apart goes."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from auction.kernel.personal import INDEX_BYTES
from auction.kernel.refusal import Refusal
from auction.people import policy
from auction.people.credentials import Credential, SignIn
from auction.people.factors import Passkey
from auction.people.person import Person, RoleGrant
from auction.store.personal.subject_key import SubjectKey
from auction.store.unit import Unit

NO_PASSWORD = "erased"  # noqa: S105  (no hash of anything: nobody signs in with it)


async def erase_person(work: Unit, person_id: UUID, *, kept_until: datetime | None) -> None:
    """Destroy a person's key in this commit; every field sealed under it is noise from then on.

    `kept_until` is how long the law keeps the records of what he had a part in (网拍29); until
    then it refuses with `person.records_kept`. The journal and the rows stay, and name nobody.
    What the bank wrote of him lies under the key of the account's holder: it is the court's
    book, kept as long as books are.
    """
    person = await work.lock(Person, person_id)
    work.require(policy.ERASE)
    if kept_until is not None and work.now < kept_until:
        raise Refusal("person.records_kept", until=kept_until.date().isoformat())
    key = await work.lock(SubjectKey, person.subject_id)
    if key.destroyed_at is not None:
        return
    key.destroy(work.now)
    person.username = f"erased-{person_id.hex}"
    person.identity_index = secrets.token_bytes(INDEX_BYTES)
    await _end_ways_in(work, person_id)
    work.record("person.erased", stream=f"person:{person_id}")


async def _end_ways_in(work: Unit, person_id: UUID) -> None:
    credential = await work.session.get(Credential, person_id)
    if credential is not None:
        credential.password_hash = NO_PASSWORD
    for sign_in in await work.session.scalars(select(SignIn).where(SignIn.person_id == person_id)):
        sign_in.browser = ""
        sign_in.revoked_at = sign_in.revoked_at or work.now
    for passkey in await work.session.scalars(
        select(Passkey).where(Passkey.person_id == person_id)
    ):
        passkey.label = ""
        passkey.revoked_at = passkey.revoked_at or work.now
    for grant in await work.session.scalars(
        select(RoleGrant).where(RoleGrant.person_id == person_id, RoleGrant.revoked_at.is_(None))
    ):
        grant.revoked_at = work.now
