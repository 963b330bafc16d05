"""The made-up people and organisations of the demonstration. Region 99 exists nowhere."""

from dataclasses import dataclass
from typing import Final

from auction.kernel.actor import Role
from auction.kernel.ids import CourtId
from auction.people.identity import check_digit
from auction.people.organisation import OrganisationKind
from auction.people.person import PersonKind

COURT: Final = CourtId("浙0199")
COURT_NAME: Final = "杭湾市人民法院（演示）"
REGION: Final = "浙江"
"""The region of the roster in which the agencies are listed."""
_USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


@dataclass(frozen=True, slots=True)
class Founded:
    """An organisation; `staff` is the username of its one account."""

    kind: OrganisationKind
    name: str
    code: str
    staff: str


@dataclass(frozen=True, slots=True)
class Played:
    """A person, and what they act as beside bidding."""

    username: str
    name: str
    number: str
    note: str
    role: Role | None = None
    kind: PersonKind = PersonKind.NATURAL
    organisation: str = ""
    """Credit code of the organisation that the person acts for."""


def resident(serial: int) -> str:
    """A made-up resident number: no such region, a true date, a true check digit."""
    first17 = f"990101{1970 + serial % 30}{1 + serial % 12:02d}{1 + serial % 28:02d}{serial:03d}"
    return first17 + check_digit(first17)


def credit(serial: int) -> str:
    """A made-up credit code with true check digits."""
    first17 = f"91990100MA{serial:06d}X"
    weighed = sum(
        _USCC_ALPHABET.index(letter) * weight
        for letter, weight in zip(first17, _USCC_WEIGHTS, strict=True)
    )
    return first17 + _USCC_ALPHABET[(31 - weighed) % 31]


_AGENCY_NAMES: Final = (
    "衡正", "明估", "天平", "信达源", "中允", "公衡",
    "至诚", "博闻", "同济远", "华准", "永信", "立方",
)  # fmt: skip

AGENCIES: Final = tuple(
    Founded(
        OrganisationKind.AGENCY,
        f"杭湾{name}房地产土地资产评估有限公司（演示）",
        credit(1000 + n),
        f"agency{n:02d}",
    )
    for n, name in enumerate(_AGENCY_NAMES, start=1)
)
REGISTRY: Final = Founded(
    OrganisationKind.REGISTRY, "杭湾市不动产登记中心（演示）", credit(2001), "registry"
)
TAX: Final = Founded(OrganisationKind.TAX, "国家税务总局杭湾市税务局（演示）", credit(3001), "tax")
ORGANISATIONS: Final = (*AGENCIES, REGISTRY, TAX)

COURT_STAFF: Final = (
    Played("officer", "沈执", resident(1), "执行法官：立案、查封、定价、上拍", Role.OFFICER),
    Played("panel1", "顾衡", resident(2), "合议庭成员：审批拍卖条件", Role.PANEL),
    Played("panel2", "陆允", resident(3), "合议庭成员：审批拍卖条件", Role.PANEL),
    Played("panel3", "许明", resident(4), "合议庭成员：审批拍卖条件", Role.PANEL),
    Played("supervisor", "严鉴", resident(5), "监督人员：第二把摇号密钥、日志", Role.SUPERVISOR),
    Played("clerk", "钱谨", resident(6), "财务经办：导入流水、制单", Role.FINANCE_CLERK),
    Played("approver", "金核", resident(7), "财务复核", Role.FINANCE_APPROVER),
    Played("insider", "于近", resident(8), "本院工作人员：报名应被拒绝（网拍34）", Role.PANEL),
    Played("admin", "管理员", resident(9), "管理员", Role.ADMINISTRATOR),
    Played("admin2", "安保员", resident(10), "第二位管理员：角色须两人授予", Role.ADMINISTRATOR),
)

PUBLIC: Final = (
    Played("applicant", "周立信", resident(21), "申请执行人"),
    Played("respondent", "吴长欠", resident(22), "被执行人"),
    Played(
        "mortgagee", "杭湾商业银行股份有限公司（演示）", credit(4001), "抵押权人",
        kind=PersonKind.LEGAL,
    ),
    Played("bidder1", "赵一鸣", resident(31), "竞买人"),
    Played("bidder2", "孙二牧", resident(32), "竞买人"),
    Played("bidder3", "李三川", resident(33), "竞买人"),
    Played("bidder4", "郑四维", resident(34), "竞买人"),
    Played("bidder5", "王五常", resident(35), "竞买人，优先购买权人"),
)  # fmt: skip

_ORGANISATION_STAFF: Final = {
    OrganisationKind.AGENCY: (Role.AGENCY, "评估机构人员"),
    OrganisationKind.REGISTRY: (Role.REGISTRY, "不动产登记人员"),
    OrganisationKind.TAX: (Role.TAX, "税务人员"),
}


def organisation_staff() -> tuple[Played, ...]:
    """One person for each organisation."""
    made: list[Played] = []
    for serial, founded in enumerate(ORGANISATIONS, start=51):
        role, note = _ORGANISATION_STAFF[founded.kind]
        name = f"{'甲乙丙丁戊己庚辛壬癸子丑寅卯'[serial - 51]}经办"
        made.append(
            Played(
                founded.staff, name, resident(serial), f"{note}：{founded.name}", role,
                organisation=founded.code,
            )
        )  # fmt: skip
    return tuple(made)
