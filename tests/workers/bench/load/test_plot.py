"""The plot of growth: every point has its place, and the picture is well-formed."""

from xml.etree import ElementTree

from workers.bench.load.plot import HEIGHT, WIDTH, Panel, drawn

SVG = "{http://www.w3.org/2000/svg}"


def read(*panels: Panel) -> ElementTree.Element:
    return ElementTree.fromstring(drawn(panels, "2 cores"))  # noqa: S314  (our own picture)


def test_counts_rise_to_the_right_by_their_logarithm_and_figures_to_the_top() -> None:
    picture = read(Panel("a", "b", [(10, 0), (100, 4), (1000, 8)]))
    circles = [circle.attrib for circle in picture.iter(f"{SVG}circle")]
    dots = [(float(circle["cx"]), float(circle["cy"])) for circle in circles]
    assert dots == sorted(dots)
    assert [y for _, y in dots] == sorted((y for _, y in dots), reverse=True)
    assert dots[1][0] - dots[0][0] == dots[2][0] - dots[1][0]
    assert dots[1][1] - dots[0][1] == dots[2][1] - dots[1][1]
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in dots)


def test_words_are_escaped_and_one_point_alone_is_drawn() -> None:
    picture = read(*[Panel("a<b", "c&d", [(7, 0)])] * 2)
    words = {text.text for text in picture.iter(f"{SVG}text")}
    assert {"a<b", "c&d", "7", "2 cores"} <= words
    assert len(list(picture.iter(f"{SVG}g"))) == 2
