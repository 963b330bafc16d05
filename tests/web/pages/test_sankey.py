import re
import xml.etree.ElementTree as ET

from web.pages.finance.sankey import HEIGHT, WIDTH, Stream, sankey

STREAMS = [
    Stream("bank +", "deposit", 5_000_000),
    Stream("bank +", "proceeds", 45_000_000),
    Stream("deposit", "proceeds", 5_000_000),
    Stream("proceeds", "costs", 1_000_000),
    Stream("proceeds", "claim <甲>", 49_000_000),
    Stream("claim <甲>", "bank −", 49_000_000),
]


def test_it_is_sound_xml_without_script_or_style() -> None:
    drawn = sankey(STREAMS, "拍卖款")
    root = ET.fromstring(drawn)  # noqa: S314  (our own text)
    assert root.attrib["aria-label"] == "拍卖款"
    assert "style=" not in drawn
    assert "<script" not in drawn


def test_everything_lies_inside_the_picture() -> None:
    for x, y, height in re.findall(
        r'<rect x="([\d.]+)" y="([\d.]+)" width="14" height="([\d.]+)"', sankey(STREAMS, "t")
    ):
        assert 0 <= float(x) <= WIDTH
        assert float(y) + float(height) <= HEIGHT + 1


def test_what_flows_twice_is_one_ribbon() -> None:
    drawn = sankey([Stream("a", "b", 1), Stream("a", "b", 2)], "t")
    assert drawn.count("<path") == 1
    assert "0.03" in drawn


def test_nothing_is_nothing() -> None:
    assert sankey([], "t") == ""
