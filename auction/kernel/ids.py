"""Typed identifiers. Rows are named by UUIDv7, so that they sort by the time they were made."""

import secrets
from datetime import datetime
from typing import Final, NewType
from uuid import UUID

CourtId = NewType("CourtId", str)
"""The court's code, for example 浙0110: what stands in its case numbers."""
PersonId = NewType("PersonId", UUID)
OrganisationId = NewType("OrganisationId", UUID)
SignInId = NewType("SignInId", UUID)
CaseId = NewType("CaseId", UUID)
PartyId = NewType("PartyId", UUID)
ClaimId = NewType("ClaimId", UUID)
AssetId = NewType("AssetId", UUID)
LotId = NewType("LotId", UUID)
ListingId = NewType("ListingId", UUID)
NoticeId = NewType("NoticeId", UUID)
AssignmentId = NewType("AssignmentId", UUID)
DrawId = NewType("DrawId", UUID)
SessionId = NewType("SessionId", UUID)
RegistrationId = NewType("RegistrationId", UUID)
BidId = NewType("BidId", UUID)
DepositId = NewType("DepositId", UUID)
SaleId = NewType("SaleId", UUID)
PlanId = NewType("PlanId", UUID)
DisbursementId = NewType("DisbursementId", UUID)
AccountId = NewType("AccountId", UUID)
PostingId = NewType("PostingId", UUID)
TransferId = NewType("TransferId", UUID)
StatementLineId = NewType("StatementLineId", UUID)
BidderCode = NewType("BidderCode", str)
"""竞买代码: what the hall knows a bidder by; says nothing about the person."""


def new_id(now: datetime) -> UUID:
    """Make a UUIDv7 (RFC 9562, 5.7): milliseconds of `now`, then 74 random bits."""
    return new_ids(now, 1)[0]


def new_ids(now: datetime, count: int) -> list[UUID]:
    """Make many at once: the system is asked for chance once."""
    millis = int(now.timestamp() * 1000) << 80
    chance = secrets.token_bytes(_CHANCE_BYTES * count)
    drawn = [
        int.from_bytes(chance[at : at + _CHANCE_BYTES])
        for at in range(0, len(chance), _CHANCE_BYTES)
    ]
    return [UUID(int=millis | one & _CHANCE | _VERSION_AND_VARIANT) for one in drawn]


_CHANCE_BYTES: Final = 10
_VERSION_AND_VARIANT: Final = 0x7 << 76 | 0b10 << 62
_CHANCE: Final = (1 << 76) - 1 & ~(0b11 << 62)
"""The 74 bits that chance decides."""
