import re
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from auction.kernel.money import ZERO, Money
from auction.kernel.refusal import Refusal
from auction.ledger.bankfile import LINES_MAX, FileLine, Gap, find_gap, read_statement

HEADER = (
    "line_no,booked_at,amount,direction,counterparty_name,counterparty_account,"
    "virtual_account,remark,balance"
)
FIRST = (
    '1,2026-03-02 10:00:00,"50,000.00",in,张三,6222000000000001,9558990000000000017,保证金,'
    '"50,000.00"'
)
SECOND = "2,2026-03-02 10:00:30,20000.5,out,李四,6222000000000002,,退款,29999.50"


def a_file(*rows: str, header: str = HEADER) -> bytes:
    return "\r\n".join((header, *rows)).encode("utf-8-sig")


def lines(content: bytes) -> Sequence[FileLine]:
    found = read_statement(content)
    assert not found.errors
    return found.lines


def errors(content: bytes) -> list[tuple[int, str]]:
    return [(wrong.row, wrong.code) for wrong in read_statement(content).errors]


class TestReading:
    def test_a_line_says_what_the_bank_wrote(self) -> None:
        (line,) = lines(a_file(FIRST))
        assert line == FileLine(
            1,
            datetime(2026, 3, 2, 2, 0, tzinfo=UTC),
            True,
            Money.yuan(50_000),
            "张三",
            "6222000000000001",
            "9558990000000000017",
            "保证金",
            Money.yuan(50_000),
        )

    def test_gb18030_reads_as_utf8_does(self) -> None:
        utf8 = a_file(FIRST, SECOND)
        assert lines(utf8.decode("utf-8-sig").encode("gb18030")) == lines(utf8)

    def test_titles_above_and_totals_below_are_passed_over(self) -> None:
        framed = a_file(
            HEADER, FIRST, "", "合计,,70000.50,,,,,,", header="执行款专户明细\r\n户名：法院,,\r\n"
        )
        assert len(lines(framed)) == 1

    def test_chinese_headings_and_words_are_known(self) -> None:
        chinese = a_file(
            FIRST.replace(",in,", ",贷,"),
            SECOND.replace(",out,", ",借,"),
            header="序号,交易时间,金额,借贷标志,对方户名,对方账号,虚拟账号,附言,余额",
        )
        assert [line.is_in for line in lines(chinese)] == [True, False]

    def test_tabs_and_full_width_digits_are_habits_of_banks(self) -> None:
        (line,) = lines(
            a_file("１,2026/03/02 10:00:00,５０.00,in,甲,6222000000000001\t,\t,x,50.00\t")
        )
        assert (line.line_no, line.amount) == (1, Money.yuan(50))
        assert line.counterparty_account == "6222000000000001"

    def test_a_line_in_two_files_has_one_digest(self) -> None:
        (alone,) = lines(a_file(FIRST))
        renumbered, _ = lines(a_file(FIRST.replace("1,", "7,", 1), SECOND))
        assert alone.digest == renumbered.digest


class TestRefusingRows:
    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ('"50,000.00",in', "-50000,in", "bank.amount_wrong"),
            ('"50,000.00",in', "0.00,in", "bank.amount_wrong"),
            ('"50,000.00",in', "1e4,in", "bank.amount_wrong"),
            ('"50,000.00",in', "50000.001,in", "bank.amount_wrong"),
            (",in,", ",sideways,", "bank.direction_wrong"),
            ("2026-03-02 10:00:00", "2026-02-30 10:00:00", "bank.time_wrong"),
            ("6222000000000001", "6.222E+15", "bank.account_rounded"),
            ("6222000000000001", "=cmd()", "bank.account_wrong"),
            ("1,", "一,", "bank.line_no_wrong"),
            ("保证金", "保证金\x07", "bank.text_wrong"),
            ("保证金", "长" * 201, "bank.text_wrong"),
            (",保证金", "", "bank.row_short"),
        ],
    )
    def test_a_wrong_cell_is_named_by_its_row(self, old: str, new: str, code: str) -> None:
        assert errors(a_file(FIRST.replace(old, new, 1))) == [(2, code)]

    def test_every_wrong_row_is_named(self) -> None:
        wrong = FIRST.replace(",in,", ",?,")
        assert [row for row, _ in errors(a_file(wrong, FIRST, wrong))] == [2, 4]

    def test_a_running_balance_off_by_a_fen_is_found(self) -> None:
        assert errors(a_file(FIRST, SECOND.replace("29999.50", "29999.51"))) == [
            (3, "bank.balance_wrong")
        ]

    def test_no_account_began_below_zero(self) -> None:
        below = FIRST.removesuffix('"50,000.00"') + "49999.99"
        assert errors(a_file(below)) == [(2, "bank.balance_wrong")]


class TestRefusingFiles:
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"\xff\xfe\x00\x01\x80\xff", "bank.not_text"),
            (b"%PDF-1.7\n1 0 obj", "bank.no_header"),
            (b"", "bank.no_header"),
            (a_file(FIRST, header=HEADER.replace("balance", "rest")), "bank.no_header"),
            (a_file(), "bank.empty"),
            (b"x" * (8 * 1024 * 1024 + 1), "bank.too_long"),
            (b"a," + b"x" * 200_000, "bank.not_text"),
            (b"a\x00b", "bank.not_text"),
            (b"\n" * (LINES_MAX + 1), "bank.too_long"),
        ],
        ids=lambda value: repr(value[:20]),
    )
    def test_what_is_no_statement_gets_one_reason(self, content: bytes, code: str) -> None:
        with pytest.raises(Refusal, match=re.escape(code)):
            read_statement(content)


class TestFollowingOn:
    """A file says what the account held before; a line left out shows as a gap."""

    def test_a_file_begins_with_what_the_account_held_before_its_first_line(self) -> None:
        assert read_statement(a_file(FIRST)).opening_balance == ZERO
        assert read_statement(a_file(SECOND)).opening_balance == Money.yuan(50_000)

    def test_a_file_without_a_readable_line_opens_with_nothing(self) -> None:
        assert read_statement(a_file(FIRST.replace(",in,", ",?,"))).opening_balance == ZERO

    def test_whatever_comes_first_may_open_the_account(self) -> None:
        assert find_gap(lines(a_file(SECOND)), None) is None

    def test_lines_that_follow_on_leave_no_gap(self) -> None:
        assert find_gap(lines(a_file(FIRST, SECOND)), ZERO) is None

    def test_the_first_break_is_named_by_its_line_and_both_amounts(self) -> None:
        gap = find_gap(lines(a_file(FIRST, SECOND)), Money(1))
        assert gap == Gap(1, Money(1), ZERO)

    def test_a_line_left_out_between_two_is_found(self) -> None:
        first, second = lines(a_file(FIRST, SECOND))
        assert find_gap([first, first, second], ZERO) == Gap(1, Money.yuan(50_000), ZERO)
