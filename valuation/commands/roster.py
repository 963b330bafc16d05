"""List agencies in the roster, and register the keys that draws are held with."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from auction.kernel.ids import OrganisationId
from auction.kernel.refusal import Refusal
from auction.store.unit import Unit
from valuation import policy
from valuation.drawing import KEY_HOLDERS, DrawKey
from valuation.roster import Field, RosterEntry


@dataclass(frozen=True, slots=True)
class Listing:
    """What an association tells about one agency of its roster."""

    organisation_id: UUID
    credit_code: str
    name: str
    field: Field
    region: str


async def list_agency(work: Unit, *, listing: Listing) -> RosterEntry:
    """Put an agency into one field and region of the roster; a second time changes nothing."""
    work.require(policy.LIST_AGENCY)
    known = await work.session.scalar(
        select(RosterEntry).where(
            RosterEntry.credit_code == listing.credit_code,
            RosterEntry.field == listing.field,
            RosterEntry.region == listing.region,
        )
    )
    if known is not None:
        return known
    entry = RosterEntry(
        id=work.new_id(),
        organisation_id=OrganisationId(listing.organisation_id),
        credit_code=listing.credit_code,
        name=listing.name,
        field=listing.field,
        region=listing.region,
        listed_at=work.now,
        removed_at=None,
    )
    work.add(entry)
    work.record(
        "agency.listed",
        stream="roster",
        agency=str(listing.organisation_id),
        credit_code=listing.credit_code,
        field=listing.field.value,
    )
    return entry


async def register_draw_key(work: Unit, *, role: str, key: str) -> DrawKey:
    """Publish the VRF key of an institution, long before the first draw that may use it."""
    work.require(policy.REGISTER_KEY)
    if role not in KEY_HOLDERS:
        raise Refusal("draw.no_such_key", role=role)
    known = await work.session.get(DrawKey, key)
    if known is not None:
        return known
    earlier = await work.session.scalars(
        select(DrawKey).where(DrawKey.role == role, DrawKey.retired_at.is_(None))
    )
    for one in earlier:
        one.retired_at = work.now
    registered = DrawKey(key=key, role=role, registered_at=work.now, retired_at=None)
    work.add(registered)
    work.record("draw.key", stream="draw-keys", role=role, key=key)
    return registered
