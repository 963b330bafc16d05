"""`luochui draw verify FILE` says each check in words and answers with its status."""

import json

import pytest
from click.testing import CliRunner

from tests.valuation import vector
from valuation.verifying import Check
from web.i18n import Locale, catalogue
from workers.cli import luochui
from workers.terminal.drawing import ENGLISH


@pytest.mark.parametrize(("result", "status"), [(0, 0), (1, 1)])
def test_a_transcript_stands_or_does_not(tmp_path, result, status):
    ranked = vector.TRANSCRIPT["result"]
    said = {**vector.TRANSCRIPT, "result": ranked[::-1] if result else ranked}
    file = tmp_path / "transcript.json"
    file.write_text(json.dumps(said, ensure_ascii=False))
    ran = CliRunner().invoke(luochui, ["draw", "verify", str(file)])
    assert ran.exit_code == status
    assert ("✗" in ran.output) == bool(status)
    assert " ".join(ranked) in ran.output


def test_what_is_no_transcript_is_one_sentence(tmp_path):
    file = tmp_path / "x.json"
    file.write_bytes(b"\xff\x00")
    ran = CliRunner().invoke(luochui, ["draw", "verify", str(file)])
    assert (ran.exit_code, ran.exception.__class__) == (1, SystemExit)


def test_each_check_is_said_in_both_languages_as_the_pages_say_it(tmp_path):
    file = tmp_path / "transcript.json"
    file.write_text(json.dumps(vector.TRANSCRIPT, ensure_ascii=False))
    said = CliRunner().invoke(luochui, ["draw", "verify", str(file)]).output.splitlines()
    for check in Check:
        assert said[said.index(f"✓ {check.value}") + 1] == f"  {ENGLISH[check]}"
        assert ENGLISH[check] == catalogue(Locale.EN)[check.value]
