"""`luochui receipt verify`: whole, and whose it is, or one sentence for each fault."""

from pathlib import Path

from click.testing import CliRunner, Result

from tests.bidding.hall.test_receipt import documents
from tests.bidding.halls import PUBLIC_KEY
from workers.cli import luochui

RECEIPT = documents(3)[1]


def verified(folder: Path, content: bytes, *words: str) -> Result:
    file = folder / "receipt.json"
    file.write_bytes(content)
    return CliRunner().invoke(luochui, ["receipt", "verify", str(file), *words])


def test_a_receipt_of_the_platform_holds_by_its_public_key(tmp_path: Path) -> None:
    ran = verified(tmp_path, RECEIPT, "--key", PUBLIC_KEY.hex())
    assert (ran.exit_code, ran.output) == (0, "receipt ok\n")


def test_without_the_key_it_is_only_called_whole(tmp_path: Path) -> None:
    ran = verified(tmp_path, RECEIPT)
    assert (ran.exit_code, "receipt whole; give --key" in ran.output) == (0, True)


def test_a_changed_bid_or_another_key_is_status_1_with_the_fault(tmp_path: Path) -> None:
    changed = RECEIPT.replace(b'\\"bid_seq\\": 6', b'\\"bid_seq\\": 9')
    assert changed != RECEIPT
    for content, key, fault in (
        (changed, PUBLIC_KEY, "the bid is not in the signed batch"),
        (RECEIPT, bytes(32), "it was signed with another key"),
    ):
        ran = verified(tmp_path, content, "--key", key.hex())
        assert (ran.exit_code, fault in ran.output) == (1, True), ran.output


def test_a_key_that_is_none_is_named(tmp_path: Path) -> None:
    ran = verified(tmp_path, RECEIPT, "--key", "no hex")
    assert ran.exit_code == 1
    assert "--key must be 64 hex digits" in ran.output
