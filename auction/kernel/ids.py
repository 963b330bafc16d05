"""Typed identifiers. Rows are named by UUIDv7, so that they sort by the time they were made."""

import secrets
from datetime import datetime
from typing import NewType
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
    millis = int(now.timestamp() * 1000)
    chance = secrets.randbits(74)
    high, low = chance >> 62, chance & ((1 << 62) - 1)
    return UUID(int=millis << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)
