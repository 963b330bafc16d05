"""What a bidder promises of himself when signing up (竞买资格 1 to 8, 网拍34)."""

from collections.abc import Collection
from typing import Final

from auction.law.warnings import CONDITIONS, SPECIAL_WARNINGS, SpecialWarning

UNDERTAKINGS: Final = (
    SpecialWarning(
        "undertake_capacity",
        "本人具备竞买资格",
        "本人承诺具备完全民事行为能力；标的物为住房的，承诺符合所在地购房资格要求，"
        "并自报名起至成交裁定作出时持续符合。虚假承诺的，成交可被确认无效并承担赔偿责任。",
        "竞买资格3、5",
    ),
    SpecialWarning(
        "undertake_no_conflict",
        "本人不属于不得竞买的人",
        "本人承诺不是执行法院、网络服务提供者或者拍卖辅助机构及其工作人员，也不是其近亲属，"
        "且不为上述人员代为竞买。",
        "网拍34",
    ),
    SpecialWarning(
        "undertake_pay",
        "本人将按期足额付款",
        "本人承诺成交后在公告确定的期限内将剩余价款付至法院指定账户；"
        "悔拍的，保证金不予退还，且不得参加该财产的再次拍卖。",
        "网拍24",
    ),
)

UNDERTAKING_KEYS: Final = frozenset(undertaking.key for undertaking in UNDERTAKINGS)


def undertakings_of(conditions: Collection[str]) -> tuple[SpecialWarning, ...]:
    """What a bidder of one listing promises: always the same, and what its notice asks."""
    return (*UNDERTAKINGS, *(one for one in CONDITIONS if one.key in conditions))


def texts_of(conditions: Collection[str]) -> tuple[SpecialWarning, ...]:
    """Every text that one signs up with, each by its own act: warnings, then promises."""
    return (*SPECIAL_WARNINGS, *undertakings_of(conditions))
