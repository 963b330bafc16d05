"""The seven special warnings that a listing shows and every bidder acknowledges (网拍14)."""

from dataclasses import dataclass
from typing import Final

VERSION: Final = "1"
"""Raised whenever a wording below changes; an acknowledgement names the version that was read."""


@dataclass(frozen=True, slots=True)
class SpecialWarning:
    """One warning: what an acknowledgement refers to, and its words."""

    key: str
    title: str
    text: str
    basis: str


SPECIAL_WARNINGS: Final = (
    SpecialWarning(
        "qualification",
        "竞买人资格",
        "竞买人应当具备完全民事行为能力；法律、行政法规和司法解释对买受人资格或者条件有特殊规定的，"
        "竞买人应当具备规定的资格或者条件。",
        "网拍14(1)",
    ),
    SpecialWarning(
        "agency",
        "委托竞买",
        "委托他人代为竞买的，应当在竞价程序开始前经人民法院确认，并通知网络服务提供者。",
        "网拍14(2)",
    ),
    SpecialWarning(
        "defects",
        "已知瑕疵和权利负担",
        "拍卖财产已知的瑕疵和权利负担，以本拍卖页面公示的为准。",
        "网拍14(3)",
    ),
    SpecialWarning(
        "as_is",
        "以实物现状拍卖",
        "拍卖财产以实物现状拍卖，竞买人可以申请实地看样。",
        "网拍14(4)",
    ),
    SpecialWarning(
        "acceptance",
        "参加竞拍即视为了解并接受",
        "竞买人决定参与竞买的，视为对拍卖财产完全了解，并接受拍卖财产一切已知和未知瑕疵。",
        "网拍14(5)",
    ),
    SpecialWarning(
        "identity_published",
        "公示买受人真实身份",
        "载明买受人真实身份的拍卖成交确认书在网络司法拍卖平台上公示。",
        "网拍14(6)",
    ),
    SpecialWarning(
        "deposit_forfeited",
        "悔拍后保证金不予退还",
        "买受人悔拍后，交纳的保证金不予退还。",
        "网拍14(7)",
    ),
)

WARNING_KEYS: Final = frozenset(warning.key for warning in SPECIAL_WARNINGS)

CONDITIONS: Final = (
    SpecialWarning(
        "condition_purchase_limit",
        "本人不受住房限购",
        "本标的为限购住房。本人已核对所在地的购房资格要求，确认自报名起至成交裁定作出时符合；"
        "不符合的不得报名，作出裁定前法院将再次查询。",
        "竞买资格3",
    ),
    SpecialWarning(
        "condition_consumption_limit",
        "本人未被限制消费",
        "本人及本人代表的单位未被人民法院采取限制消费措施，也不是失信被执行人；"
        "被限制消费的不得购买不动产和非经营必需车辆，不得报名，作出裁定前法院将再次查询。",
        "限制消费3",
    ),
)
"""What a notice may ask of bidders; only what it published is asked and checked (网拍31(5))."""

CONDITION_KEYS: Final = frozenset(condition.key for condition in CONDITIONS)
