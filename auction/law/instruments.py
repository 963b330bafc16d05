"""The instruments that articles are cited from: full title, and since when the text holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Instrument:
    """A law, an interpretation or a notice, as this platform cites it."""

    short: str
    title: str
    valid_from: date | None
    """None where the text was not seen: the day is then not known."""


_INSTRUMENTS = (
    Instrument(
        "网拍",
        "最高人民法院关于人民法院网络司法拍卖若干问题的规定(法释〔2016〕18号)",
        date(2017, 1, 1),
    ),
    Instrument(
        "参考价",
        "最高人民法院关于人民法院确定财产处置参考价若干问题的规定(法释〔2018〕15号)",
        date(2018, 9, 1),
    ),
    Instrument(
        "拍变",
        "最高人民法院关于人民法院民事执行中拍卖、变卖财产的规定(2020年修正)",
        date(2021, 1, 1),
    ),
    Instrument(
        "查扣冻",
        "最高人民法院关于人民法院民事执行中查封、扣押、冻结财产的规定(2020年修正)",
        date(2021, 1, 1),
    ),
    Instrument("法明传〔2017〕455号", "关于认真做好网络司法拍卖与网络司法变卖衔接工作的通知", None),
    Instrument(
        "法释〔2016〕6号", "关于首先查封法院与优先债权执行法院处分查封财产有关问题的批复", None
    ),
    Instrument("法发〔2017〕6号", "关于执行款物管理工作的规定", None),
    Instrument("资产评估法", "中华人民共和国资产评估法", date(2016, 12, 1)),
    Instrument("民诉法", "中华人民共和国民事诉讼法(2023年修正)", date(2024, 1, 1)),
    Instrument(
        "民诉解释",
        "关于适用〈中华人民共和国民事诉讼法〉的解释(法释〔2022〕11号)",
        date(2022, 4, 10),
    ),
    Instrument(
        "执行解释", "关于适用民事诉讼法执行程序若干问题的解释(2020年修正)", date(2021, 1, 1)
    ),
    Instrument(
        "执行规定", "关于人民法院执行工作若干问题的规定(试行)(2020年修正)", date(2021, 1, 1)
    ),
    Instrument(
        "异议复议", "关于人民法院办理执行异议和复议案件若干问题的规定(2020年修正)", date(2021, 1, 1)
    ),
    Instrument("抵押房屋", "关于人民法院执行设定抵押的房屋的规定(2020年修正)", date(2021, 1, 1)),
    Instrument(
        "股权", "关于人民法院强制执行股权若干问题的规定(法释〔2021〕20号)", date(2022, 1, 1)
    ),
    Instrument("不动产登记暂行条例", "不动产登记暂行条例(2019年修订文本)", date(2019, 3, 24)),
    Instrument("公司法", "中华人民共和国公司法(2023年修订)", date(2024, 7, 1)),
    Instrument("民法典", "中华人民共和国民法典", date(2021, 1, 1)),
    Instrument(
        "物权编解释(一)", "关于适用〈中华人民共和国民法典〉物权编的解释(一)", date(2021, 1, 1)
    ),
    Instrument(
        "迟延利息",
        "关于执行程序中计算迟延履行期间的债务利息适用法律若干问题的解释",
        date(2014, 8, 1),
    ),
    Instrument("诉讼费用交纳办法", "诉讼费用交纳办法(国务院令第481号)", date(2007, 4, 1)),
    Instrument("网络安全法", "中华人民共和国网络安全法(2016年文本)", date(2017, 6, 1)),
)

BY_SHORT_NAME: Mapping[str, Instrument] = {item.short: item for item in _INSTRUMENTS}


def instrument_of(basis: str) -> Instrument | None:
    """The instrument that a citation such as `网拍12` belongs to; the longest name wins."""
    matching = [item for item in _INSTRUMENTS if basis.startswith(item.short)]
    return max(matching, key=lambda item: len(item.short), default=None)
