"""The key file: made once, private, read anew when it changed, never replaced when lost."""

import stat
from pathlib import Path
from uuid import UUID

import pytest

from auction.store.personal import keyring
from auction.store.personal.keyring import (
    Keyring,
    KeyringError,
    begin_rotation,
    end_rotation,
    make_keyring,
)

WHO, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "subject.keys"
    make_keyring(path)
    return path


class TestTheFile:
    def test_is_for_its_owner_alone_and_leaves_no_draft(self, file: Path) -> None:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert list(file.parent.iterdir()) == [file]

    def test_stays_as_it_is_when_it_is_there(self, file: Path) -> None:
        before = file.read_bytes()
        make_keyring(file)
        assert file.read_bytes() == before

    @pytest.mark.parametrize("content", [b"", b"{}", b'{"current":"a","keks":{},"blind":""}'])
    def test_one_that_cannot_be_read_is_named(self, file: Path, content: bytes) -> None:
        file.write_bytes(content)
        with pytest.raises(KeyringError, match=r"subject\.keys"):
            Keyring(file).wrap_new(WHO)

    def test_a_missing_one_is_never_made_by_who_needs_it(self, tmp_path: Path) -> None:
        with pytest.raises(KeyringError, match="missing"):
            Keyring(tmp_path / "subject.keys").wrap_new(WHO)
        assert list(tmp_path.iterdir()) == []


class TestKeys:
    def test_two_processes_open_each_others_keys(self, file: Path) -> None:
        kek_id, wrapped = Keyring(file).wrap_new(WHO)
        other = Keyring(file)
        assert other.unwrap(WHO, kek_id, wrapped) == Keyring(file).unwrap(WHO, kek_id, wrapped)

    def test_no_two_subjects_have_the_same_key(self, file: Path) -> None:
        ring = Keyring(file)
        keys = {ring.unwrap(who, *ring.wrap_new(who)) for who in (WHO, OTHER)}
        assert len(keys) == 2

    def test_the_file_of_another_database_is_named(self, file: Path, tmp_path: Path) -> None:
        kek_id, wrapped = Keyring(file).wrap_new(WHO)
        make_keyring(tmp_path / "other.keys")
        with pytest.raises(KeyringError, match=kek_id):
            Keyring(tmp_path / "other.keys").unwrap(WHO, kek_id, wrapped)

    def test_remembers_so_many_opened_keys_and_no_more(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keyring, "CACHED_MAX", 2)
        ring = Keyring(file)
        for number in range(5):
            ring.unwrap(UUID(int=number), *ring.wrap_new(UUID(int=number)))
        assert len(ring._opened) == 2

    def test_an_accounts_holder_is_the_same_subject_everywhere(self, file: Path) -> None:
        ring = Keyring(file)
        assert ring.holder_id("6222 0200", OTHER) == Keyring(file).holder_id("62220200", WHO)
        assert ring.holder_id("", OTHER) == OTHER


class TestRotation:
    def test_a_running_process_finds_the_new_key_by_itself(self, file: Path) -> None:
        running = Keyring(file)
        old_id, wrapped = running.wrap_new(WHO)
        key = running.unwrap(WHO, old_id, wrapped)
        begin_rotation(file)
        new_id, rewrapped = Keyring(file).wrap(WHO, key)
        assert new_id != old_id
        assert running.unwrap(WHO, new_id, rewrapped) == key
        assert running.wrap_new(OTHER)[0] == new_id

    def test_one_that_was_cut_off_is_gone_on_with(self, file: Path) -> None:
        begun = begin_rotation(file)
        assert begin_rotation(file) == begun

    def test_the_old_key_is_there_until_the_end(self, file: Path) -> None:
        ring = Keyring(file)
        old_id, wrapped = ring.wrap_new(WHO)
        begin_rotation(file)
        assert Keyring(file).unwrap(WHO, old_id, wrapped)
        assert end_rotation(file) == [old_id]
        with pytest.raises(KeyringError, match=old_id):
            Keyring(file).unwrap(WHO, old_id, wrapped)

    def test_blind_indexes_outlive_it(self, file: Path) -> None:
        before = Keyring(file).blind("identity number", "1")
        begin_rotation(file)
        end_rotation(file)
        assert Keyring(file).blind("identity number", "1") == before
