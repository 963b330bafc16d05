"""Buyers of a sale 买受人: the registered one, who buys jointly with him, and their shares."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from auction.kernel.personal import mask_number
from auction.notices.commands import issue_notice
from auction.notices.notice import Notice, NoticeDraft
from auction.people.person import Person
from auction.settlement.sale import JointBuyer, JointBuyerDraft, Sale
from auction.store.unit import Unit

WHOLE_PPM: Final = 1_000_000
_PERCENT_PPM: Final = 10_000


@dataclass(frozen=True, slots=True)
class Buyer:
    """One buyer in his real name."""

    name: str
    identity_number: str
    share: str
    """As `60%` or, where all hold alike, `1/3`; empty when he buys alone."""

    @property
    def masked(self) -> str:
        """His number as what is published shows it (网拍22)."""
        return mask_number(self.identity_number)


async def joint_buyers(work: Unit, drafts: Sequence[JointBuyerDraft]) -> list[JointBuyer]:
    """The rows of who buys together with the registered buyer, in the order they were named."""
    made = []
    for place, draft in enumerate(drafts, 1):
        joint_id = work.new_id()
        made.append(
            JointBuyer(
                id=joint_id,
                subject_key=await work.subject_key(joint_id),
                place=place,
                name=draft.name,
                identity_number=draft.identity_number,
                identity_index=draft.identity_index,
                person_id=draft.person_id,
                share_ppm=draft.share_ppm,
            )
        )
    return made


async def issue_to_buyers(work: Unit, sale: Sale, draft: NoticeDraft) -> Notice:
    """Issue a paper to the registered buyer, and the same to each joint buyer with an account.

    Returns the registered buyer's: he represents the others, and his receipt counts (网拍22).
    """
    issued = await issue_notice(work, draft=draft)
    for one in sale.joint_buyers:
        if one.person_id is not None:
            copy = replace(draft, addressee_name=one.name, addressee_person_id=one.person_id)
            await issue_notice(work, draft=copy)
    return issued


def buyers_of(registered: Person, joint: Sequence[JointBuyer]) -> tuple[Buyer, ...]:
    """All buyers of a sale, the registered one first."""
    shares = shares_of([one.share_ppm for one in joint])
    people = [(registered.name, registered.identity_number)]
    people += [(one.name, one.identity_number) for one in joint]
    return tuple(
        Buyer(name, number, share) for (name, number), share in zip(people, shares, strict=True)
    )


def shares_of(joint: Sequence[int | None]) -> list[str]:
    """The shares in words, the registered buyer's first: he holds what the others leave.

    Where nobody's share was agreed all hold alike (民法典309).
    """
    if not joint:
        return [""]
    agreed = [share for share in joint if share is not None]
    if len(agreed) < len(joint):
        return [f"1/{len(joint) + 1}"] * (len(joint) + 1)
    return [f"{percent(share)}%" for share in (WHOLE_PPM - sum(agreed), *agreed)]


def percent(ppm: int) -> str:
    """Millionths as per cent without trailing zeros: 10000 is 1."""
    whole, part = divmod(ppm, _PERCENT_PPM)
    return f"{whole}.{part:04d}".rstrip("0").rstrip(".")


def names_of(buyers: Sequence[Buyer]) -> str:
    """All of them in one run of words."""
    return "、".join(buyer.name for buyer in buyers)
