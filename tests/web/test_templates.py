import re
from pathlib import Path

import pytest

from web.i18n import Locale
from web.views import FOLDER, environment

TEMPLATES = sorted((FOLDER / "templates").rglob("*.html"))
INLINE = re.compile(
    r"<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|<script(?![^>]*\bsrc=)", re.IGNORECASE
)
HAN = re.compile(r"[\u4e00-\u9fff]")
SPOKEN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.S)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(FOLDER)))
class TestTemplates:
    def test_holds_nothing_that_the_content_policy_would_stop(self, path: Path) -> None:
        assert not INLINE.search(path.read_text())

    def test_every_form_that_changes_something_is_guarded(self, path: Path) -> None:
        text = path.read_text()
        posts = len(re.findall(r"<form[^>]*method=\"post\"", text))
        assert text.count("csrf(") >= posts

    def test_never_switches_escaping_off(self, path: Path) -> None:
        text = path.read_text()
        assert "|safe" not in text.replace(" ", "")
        assert "autoescape false" not in text

    def test_every_visible_text_is_translatable(self, path: Path) -> None:
        rest = SPOKEN.sub("", path.read_text())
        said = [line.strip() for line in rest.splitlines() if HAN.search(line)]
        assert not [line for line in said if 'lang="zh-CN"' not in line]

    def test_compiles_in_both_languages(self, path: Path) -> None:
        for locale in Locale:
            environment(locale).get_template(str(path.relative_to(FOLDER / "templates")))
