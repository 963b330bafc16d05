from functools import partial
from unicodedata import normalize
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from auction.kernel.actor import SYSTEM
from auction.kernel.merkle import leaf_hash
from auction.store import journal
from auction.store.database import Database
from auction.store.journal import FIRST_PREV, Body, Fact, Head, chain, check_chain, make_leaf
from tests.conftest import NOON, Execute


async def _three_entries(database: Database) -> None:
    for number in (1, 2, 3):
        async with database.unit(SYSTEM) as work:
            work.record("lot.seen", "lot:a", number=number)


def _chain(count: int) -> list[tuple[int, str, bytes, bytes]]:
    links, prev = [], FIRST_PREV
    for seq in range(1, count + 1):
        fact = Fact(UUID(int=seq), "lot.seen", "lot:a", {"number": seq})
        leaf = make_leaf(fact, seq=seq, prev=prev, actor="system", at=NOON)
        prev = leaf_hash(leaf)
        links.append((seq, "lot.seen", leaf, prev))
    return links


class Said(Body, frozen=True):
    """What entries of a kind say that are written many at once."""

    code: str
    number: int
    offer_id: UUID
    rank: int | None


texts = st.text(st.characters(codec="utf-8"), max_size=8).map(partial(normalize, "NFC"))


class TestChaining:
    @given(
        st.lists(
            st.builds(Said, texts, st.integers(0, 2**53 - 1), st.uuids(), st.none() | st.just(3)),
            max_size=5,
        )
    )
    def test_many_at_once_have_the_bytes_that_each_has_by_itself(self, said: list[Said]) -> None:
        head = Head("lot:a", 7, b"\x05" * 32)
        named = [(UUID(int=number), "lot.seen", body) for number, body in enumerate(said)]
        links = chain(head, named, actor="system", at=NOON)
        seq, prev = head.seq, head.hash
        for (fact_id, kind, body), link in zip(named, links, strict=True):
            seq += 1
            fact = Fact(fact_id, kind, head.stream, msgspec.to_builtins(body))
            assert link.leaf == make_leaf(fact, seq=seq, prev=prev, actor="system", at=NOON)
            assert link.hash == leaf_hash(link.leaf)
            prev = link.hash

    @pytest.mark.parametrize("code", ["\ud800", "e\u0301"])
    def test_text_that_has_no_canonical_form_is_refused(self, code: str) -> None:
        said = Said(code, 1, UUID(int=1), None)
        head = Head("lot:a", 0, FIRST_PREV)
        with pytest.raises(ValueError, match=r"surrogate|NFC"):
            chain(head, [(UUID(int=2), "lot.seen", said)], actor="system", at=NOON)


class TestChecking:
    def test_a_whole_chain_is_sound(self) -> None:
        assert check_chain("lot:a", _chain(5)) == []

    def test_a_removed_entry_is_noticed(self) -> None:
        links = _chain(5)
        del links[2]
        assert check_chain("lot:a", links)

    def test_a_changed_entry_is_noticed_even_with_its_hash_made_anew(self) -> None:
        links = _chain(5)
        seq, kind, leaf, _ = links[2]
        forged = leaf.replace(b'"number":3', b'"number":4')
        links[2] = (seq, kind, forged, leaf_hash(forged))
        assert [fault.seq for fault in check_chain("lot:a", links)] == [4]

    def test_an_entry_of_another_stream_is_noticed(self) -> None:
        assert check_chain("lot:b", _chain(1))


class TestWriting:
    async def test_entries_of_one_stream_follow_each_other(self, database: Database) -> None:
        await _three_entries(database)
        async with database.reading() as session:
            found = await journal.verify(session)
        assert (found.streams, found.entries, found.faults) == (1, 3, ())

    async def test_nothing_is_journaled_when_the_command_fails(self, database: Database) -> None:
        with pytest.raises(RuntimeError):
            async with database.unit(SYSTEM) as work:
                work.record("lot.seen", "lot:a")
                raise RuntimeError
        async with database.reading() as session:
            assert (await journal.verify(session)).entries == 0

    async def test_an_insider_who_changes_an_entry_is_found_out(
        self, database: Database, as_owner: Execute
    ) -> None:
        await _three_entries(database)
        await as_owner("UPDATE journal SET leaf = leaf || 'x' WHERE seq = 2")
        async with database.reading() as session:
            found = await journal.verify(session)
        assert [fault.seq for fault in found.faults] == [2]

    async def test_an_insider_who_removes_the_last_entry_is_found_out(
        self, database: Database, as_owner: Execute
    ) -> None:
        await _three_entries(database)
        await as_owner("DELETE FROM journal WHERE seq = 3")
        async with database.reading() as session:
            assert not (await journal.verify(session)).is_sound

    @pytest.mark.parametrize(
        "statement", ["UPDATE journal SET kind = 'x'", "DELETE FROM journal", "TRUNCATE journal"]
    )
    async def test_the_serving_role_can_change_nothing(
        self, database: Database, statement: str
    ) -> None:
        with pytest.raises(DBAPIError):
            async with database.unit(SYSTEM) as work:
                await work.session.execute(text(statement))


class TestVerifying:
    async def test_a_stream_emptied_behind_our_back_is_noticed(
        self, database: Database, as_owner: Execute
    ) -> None:
        await _three_entries(database)
        await as_owner("DELETE FROM journal")
        assert await _faults(database) == ["the head is not the last entry"]

    async def test_a_stream_without_its_head_is_noticed(
        self, database: Database, as_owner: Execute
    ) -> None:
        await _three_entries(database)
        await as_owner("DELETE FROM journal_head")
        assert await _faults(database) == ["the stream has entries and no head"]


async def _faults(database: Database) -> list[str]:
    async with database.reading() as session:
        return [fault.sentence for fault in (await journal.verify(session)).faults]
