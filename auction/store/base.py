"""The declarative base of every table: names of constraints in models and migrations alike."""

from typing import ClassVar, NewType
from uuid import UUID

from sqlalchemy import MetaData, String, Uuid
from sqlalchemy.orm import DeclarativeBase

from auction.kernel import ids

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


TYPED_IDS = {
    value: Uuid() if value.__supertype__ is UUID else String()
    for value in vars(ids).values()
    if isinstance(value, NewType)
}
"""Every typed identifier as a column: UUIDs as uuid, courts and codes as text."""


class Base(DeclarativeBase):
    """Base of all entities."""

    type_annotation_map: ClassVar = dict(TYPED_IDS)
    metadata = MetaData(naming_convention=NAMING)
