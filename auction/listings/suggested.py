"""First words for the eleven items, from what the platform knows; the officer may change them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from auction.kernel.clock import BEIJING
from auction.kernel.money import Money
from auction.law.rulebook import Rulebook
from auction.listings.papers import ROLE_NAMES, ROUND_NAMES, SPAN_NAMES, length_words
from auction.listings.queries import ListingView, NotificationView
from auction.lots.asset import SUBJECT_NAMES, InvestigationStatus
from auction.lots.queries import AssetView, FindingView, LotView


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the suggestions are made of."""

    court_name: str
    case_number: str
    enforcement_basis: str
    listing: ListingView
    lot: LotView
    asset: AssetView
    notifications: Sequence[NotificationView]
    tax_lines: Sequence[str]
    """Estimated taxes, a sentence each; they are estimated where sales are known."""


def suggested(rules: Rulebook, known: Known) -> Mapping[str, str]:
    """A text for every item, by its key."""
    return {
        "announcement": _announcement(known),
        "enforcement_basis": known.enforcement_basis,
        "valuation_report": _price(known.lot),
        "schedule": _schedule(rules, known.listing),
        "condition": _condition(known.asset),
        "priority_holders": _priority_holders(known.notifications),
        "notification": _notifications(rules, known.notifications),
        "payment": _payment(rules, known.listing),
        "taxes": _taxes(known.tax_lines),
        "contact": f"{known.court_name}执行局；监督：{known.court_name}督察部门。",
        "other": "竞买人应当自行了解并遵守法律对买受人资格的规定；以本页公示的事项为准。",
    }


def _announcement(known: Known) -> str:
    listing = known.listing
    return (
        f"{known.court_name}就{known.case_number}一案，对“{listing.title}”进行"
        f"{ROUND_NAMES[listing.round]}，竞价于{_when(listing, 'opens')}开始，"
        f"{_when(listing, 'closes')}结束（延时的除外）。"
    )


def _price(lot: LotView) -> str:
    price = lot.reference_price
    if price is None:
        return ""
    return (
        f"财产处置参考价{_yuan(price.amount)}，依据：{price.basis}，"
        f"有效期至{_day(price.valid_until - timedelta(microseconds=1))}（含当日）。"
    )


def _schedule(rules: Rulebook, listing: ListingView) -> str:
    trigger = length_words(rules, "auction.extend_trigger")
    by = length_words(rules, "auction.extend_by")
    return (
        f"{_when(listing, 'opens')}至{_when(listing, 'closes')}。"
        f"起拍价（即保留价）{_yuan(listing.starting_price)}，增价幅度{_yuan(listing.increment)}，"
        f"出价为起拍价加增价幅度的整数倍。竞价结束前{trigger}内有出价的，自该出价起顺延{by}。"
        "一人以不低于起拍价出价即可成交（网拍11）。"
    )


def _condition(asset: AssetView) -> str:
    register = asset.registry_number or "无登记编号"
    area = f"，面积{asset.area_m2}平方米" if asset.area_m2 is not None else ""
    lines = [f"登记编号：{register}{area}。", *(_finding(item) for item in asset.findings)]
    return "\n".join(line for line in lines if line)


def _finding(item: FindingView) -> str:
    name = SUBJECT_NAMES[item.subject]
    match item.status:
        case InvestigationStatus.CHECKED:
            return f"{name}：{item.finding}"
        case InvestigationStatus.UNKNOWN:
            return f"{name}：经调查未能查明。{item.finding}"
        case _:
            return f"{name}：未调查。{item.finding}"


def _priority_holders(notifications: Sequence[NotificationView]) -> str:
    holders = [item.name for item in notifications if ROLE_NAMES[item.role] == "优先购买权人"]
    if not holders:
        return "未发现优先购买权人；主张优先购买权的，应当在竞价开始前向本院提出并经确认。"
    return f"优先购买权人：{'、'.join(holders)}；未经本院确认的，以一般竞买人身份参加。"


def _notifications(rules: Rulebook, notifications: Sequence[NotificationView]) -> str:
    deemed = length_words(rules, "auction.deemed_notified_after_pub")
    if not all(item.notified_at for item in notifications):
        return "拍卖发布前依法通知当事人和已知优先购买权人，通知情况以本页公示的记录为准。"
    told = [ROLE_NAMES[item.role] for item in notifications if not item.impossible_because]
    not_told = [
        f"{ROLE_NAMES[item.role]}（{item.impossible_because}）"
        for item in notifications
        if item.impossible_because
    ]
    words = f"已依法通知：{'、'.join(dict.fromkeys(told))}。" if told else ""
    if not_told:
        words += f"无法通知：{'、'.join(not_told)}，公示满{deemed}视为已经通知。"
    return words


def _payment(rules: Rulebook, listing: ListingView) -> str:
    span = rules.rule("settle.balance_due").span
    unit = SPAN_NAMES[span] if span else ""
    return (
        f"保证金{_yuan(listing.deposit)}，报名后以本人名义汇入页面显示的专属子账户；"
        f"余款于成交后{listing.terms.balance_days}{unit}内汇入成交确认书载明的法院账户。"
    )


def _taxes(lines: Sequence[str]) -> str:
    head = "各项税费由税法规定的纳税人承担，以下为预估，以税务机关核定为准："
    return "\n".join((head, *lines)) if lines else f"{head}未能预估。"


def _when(listing: ListingView, which: str) -> str:
    moment = listing.opens_at if which == "opens" else listing.closes_at
    local = moment.astimezone(BEIJING)
    seconds = f"{local.second:02d}秒" if local.second else ""
    return f"{_day(moment)}{local.hour:02d}时{local.minute:02d}分{seconds}"


def _day(moment: datetime) -> str:
    """The Beijing day as announcements write it: 2026年11月22日."""
    local = moment.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日"


def _yuan(amount: Money) -> str:
    return f"{amount.fen // 100:,}.{amount.fen % 100:02d}元"
