"""What a page needs to act: the unit of this request, its reading, its actor."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from auction.kernel.actor import Actor, Permission, Role, require
from auction.kernel.ids import CourtId, PersonId
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from auction.store.unit import Unit
from web.signin import visit_of


def database_of(request: Request) -> Database:
    """The process's database."""
    database: Database = request.state.database
    return database


@asynccontextmanager
async def unit(request: Request) -> AsyncIterator[Unit]:
    """One command by the person who asks: committed when the block ends without an exception."""
    async with database_of(request).unit(actor_of(request)) as work:
        yield work


@asynccontextmanager
async def reading(request: Request) -> AsyncIterator[AsyncSession]:
    """A read-only look at one state of the database."""
    async with database_of(request).reading() as session:
        yield session


def actor_of(request: Request) -> Actor:
    """Who asks."""
    return visit_of(request).actor


def person_id_of(request: Request) -> PersonId:
    """The person who asks, or refuse with `forbidden` (a visitor is sent to sign in)."""
    person_id = actor_of(request).person_id
    if person_id is None:
        raise Refusal("forbidden", action="page.read")
    return person_id


def only(request: Request, *roles: Role) -> Actor:
    """Let only these roles read a page; return who asks."""
    actor = actor_of(request)
    if not actor.roles & set(roles):
        raise Refusal("forbidden", action="page.read")
    return actor


def require_of(request: Request, permission: Permission, court_id: str | None = None) -> Actor:
    """Require a permission for reading a page; return who asks."""
    actor = actor_of(request)
    require(actor, permission, CourtId(court_id) if court_id is not None else None)
    return actor


def path_id(request: Request, name: str = "id") -> UUID:
    """The UUID in the path, or refuse with `not_found`."""
    text = str(request.path_params[name])
    try:
        return UUID(text)
    except ValueError as wrong:
        raise Refusal("not_found", what="page", id=text) from wrong
