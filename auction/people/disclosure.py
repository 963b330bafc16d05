"""Look at a person's identity number in full; noted with the reason."""

from uuid import UUID

from auction.people import policy
from auction.people.person import Person
from auction.store.full_views import Viewed, note_view
from auction.store.unit import Unit


async def view_person(work: Unit, person_id: UUID, *, reason: str) -> Person:
    """Who a person is."""
    person = await work.load(Person, person_id)
    work.require(policy.VIEW_PERSON)
    await note_view(work, Viewed.PERSON, person_id, reason=reason)
    return person
