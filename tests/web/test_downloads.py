import pytest

from web.downloads import file_answer, kind_of


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xd8\xff\xe0...", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"<html><script>alert(1)</script>", "application/octet-stream"),
        (b"<svg onload=alert(1)>", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_the_type_is_told_by_the_content(content: bytes, kind: str) -> None:
    assert kind_of(content)[0] == kind


def test_only_pictures_are_shown_in_the_page() -> None:
    shown = file_answer(b"\xff\xd8\xff", "照片", is_public=True)
    saved = file_answer(b"<html>", "报告")
    assert shown.headers["content-disposition"].startswith("inline")
    assert saved.headers["content-disposition"].startswith("attachment")
    assert saved.headers["content-disposition"].endswith("%E6%8A%A5%E5%91%8A.bin")
    assert "sandbox" in saved.headers["content-security-policy"]
