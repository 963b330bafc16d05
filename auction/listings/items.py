"""The eleven items that are published together on the day of publication (网拍13)."""

from dataclasses import dataclass
from typing import Final

VERSION: Final = "1"


@dataclass(frozen=True, slots=True)
class PublishedItem:
    """One item: its place in the article and its heading."""

    key: str
    title: str
    basis: str


ITEMS: Final = (
    PublishedItem("announcement", "拍卖公告", "网拍13(1)"),
    PublishedItem("enforcement_basis", "执行所依据的法律文书", "网拍13(2)"),
    PublishedItem("valuation_report", "评估报告副本或者定价依据", "网拍13(3)"),
    PublishedItem("schedule", "拍卖时间、起拍价以及竞价规则", "网拍13(4)"),
    PublishedItem("condition", "财产权属、占有使用、附随义务等现状", "网拍13(5)"),
    PublishedItem("priority_holders", "优先购买权主体以及权利性质", "网拍13(6)"),
    PublishedItem("notification", "通知当事人、已知优先购买权人的情况", "网拍13(7)"),
    PublishedItem("payment", "拍卖保证金、拍卖款项支付方式和账户", "网拍13(8)"),
    PublishedItem("taxes", "产权转移可能产生的税费及承担方式", "网拍13(9)"),
    PublishedItem("contact", "执行法院名称、联系、监督方式", "网拍13(10)"),
    PublishedItem("other", "其他应当公示的信息", "网拍13(11)"),
)

ITEM_KEYS: Final = frozenset(item.key for item in ITEMS)
BY_KEY: Final = {item.key: item for item in ITEMS}
