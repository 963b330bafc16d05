"""A raw export is read whatever its order, encoding and heads; what is none is named."""

from datetime import datetime

import pytest

from auction.kernel.money import Money
from bidding.records.reading import CELL_MAX, ROWS_MAX, RecordError, read_record

RAW = """状态,竞买号,价格（元）,时间
成交,B2222,"107,000.94",2026-05-26 10:04:58
出局,A1111,"106,000.94",2026-05-26 10:04:58
状态,竞买号,价格（元）,时间

出局,B2222,"¥105,000.94",2026/05/26 09:59:59
出局,A1111,100000.94元,2026年05月25日 10:00:06
"""
"""Made up: newest first, the head again on the second page, two bids within one second."""
TOLD = [
    ("A1111", "100000.94", "2026-05-25T10:00:06+08:00", "出局"),
    ("B2222", "105000.94", "2026-05-26T09:59:59+08:00", "出局"),
    ("A1111", "106000.94", "2026-05-26T10:04:58+08:00", "出局"),
    ("B2222", "107000.94", "2026-05-26T10:04:58+08:00", "成交"),
]


def told(content: bytes) -> list[tuple[str, str, str, str]]:
    return [
        (bid.code, str(bid.amount), bid.bid_at.isoformat(), bid.status)
        for bid in read_record(content)
    ]


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig"])
def test_an_export_is_read_in_any_encoding_oldest_first(encoding: str) -> None:
    assert told(RAW.encode(encoding, errors="replace").replace(b"?1", b"1")) == TOLD


def test_bids_of_one_second_keep_their_order_when_the_file_is_oldest_first() -> None:
    head, *rows = [line for line in RAW.splitlines() if line]
    turned = [head, *(row for row in reversed(rows) if row != head)]
    assert told("\n".join(turned).encode()) == TOLD


def test_tabs_separate_as_well_and_a_status_may_be_absent() -> None:
    text = "bid_time\tbidder\tprice\n2026-05-25T10:00:06\tA1\t1,000\n"
    (bid,) = read_record(text.encode())
    assert (bid.code, bid.amount, bid.status) == ("A1", Money.yuan(1000), "")
    assert bid.bid_at == datetime.fromisoformat("2026-05-25T10:00:06+08:00")


HEAD = "状态,竞买号,价格,时间\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEAD, "holds no bid"),
        ("出局,A1,1,2026-05-25 10:00:06\n", "line 1 is no head"),
        (HEAD + "出局,A1,much,2026-05-25 10:00:06\n", "line 2: 价格 is no amount"),
        (HEAD + "出局,A1,0,2026-05-25 10:00:06\n", "line 2: 价格 is no amount"),
        (HEAD + "出局,A1,1,noon\n", "line 2: 时间 is no time"),
        (HEAD + "出局,,1,2026-05-25 10:00:06\n", "line 2: 竞买号 is empty"),
        (HEAD + "出局,A1,1\n", "line 2: 时间 is empty"),
        (HEAD + f"出局,{'A' * (CELL_MAX + 1)},1,2026-05-25 10:00:06\n", "竞买号 is empty or too"),
        (HEAD + "\n" * (ROWS_MAX + 1) + "出局,A1,1,2026-05-25 10:00:06\n", "more than"),
        (HEAD + '"' + "A" * 200_000 + '"\n', "no CSV"),
    ],
)  # fmt: skip
def test_what_is_no_record_gets_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(RecordError, match=sentence):
        read_record(text.encode())


def test_bytes_that_are_no_text_are_named() -> None:
    with pytest.raises(RecordError, match="neither UTF-8 nor GBK"):
        read_record(b"\xff\xfe\xff\xff\x80")
