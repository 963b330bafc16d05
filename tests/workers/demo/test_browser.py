import pytest

from workers.demo.browser import Form, PageError, _fill, _Reader

PAGE = """<form id="sell" action="/sell" method="post"><input type="hidden" name="csrf" value="t">
<input name="price" value="1&amp;2"><select name="kind"><option value="a">A</option>
<option value="b" selected>B</option></select><textarea name="note">hello</textarea>
<input type="checkbox" name="seen" value="1"><input type="file" name="report">
<button name="go">出价</button></form><script>not words</script><p>请填写</p>"""


def _form() -> Form:
    reader = _Reader()
    reader.feed(PAGE)
    assert reader.words == ["A", "B", "出价", "请填写"]
    return reader.forms["sell"]


def test_a_form_sends_what_a_browser_would() -> None:
    form = _form()
    assert form.values == {"csrf": ["t"], "price": ["1&2"], "kind": ["b"], "note": ["hello"]}
    assert form.names == {"csrf", "price", "kind", "note", "seen", "report", "go"}


def test_what_is_filled_in_replaces_what_stood_there() -> None:
    filled = _fill("/x", _form(), {"price": "7", "seen": "1"}, set())
    assert (filled["price"], filled["seen"], filled["csrf"]) == (["7"], ["1"], ["t"])


def test_a_field_that_the_form_does_not_have_is_an_error() -> None:
    with pytest.raises(PageError, match="no field colour"):
        _fill("/x", _form(), {"colour": "red"}, set())
