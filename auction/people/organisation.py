"""Courts, and the organisations that work with them: agencies, registries, tax bureaus."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check


class OrganisationKind(StrEnum):
    AGENCY = "agency"
    REGISTRY = "registry"
    TAX = "tax"


class Court(Base):
    """An enforcing court, named by the code that stands in its case numbers."""

    __tablename__ = "court"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Organisation(Base):
    """An organisation whose staff act for it."""

    __tablename__ = "organisation"
    __table_args__ = (states_check("kind", OrganisationKind),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[OrganisationKind] = state_column(OrganisationKind)
    name: Mapped[str]
    credit_code: Mapped[str] = mapped_column(unique=True)
    enrolled_at: Mapped[datetime] = mapped_column(Instant)
