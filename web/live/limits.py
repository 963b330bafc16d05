"""How many messages a second are taken, and how many sockets: of one bidder, of one address.

A bidder is known here as his code in one session, whatever sockets he has. An address is that of
the socket's other end; where a proxy stands there, what it says in X-Forwarded-For.
"""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Final

from auction.kernel.settings import Settings
from bidding.hall.ticket import Admission

FLOOD_FACTOR: Final = 10
"""Who sends so many times what is allowed is no longer answered but closed."""
IPV6: Final = 6
IPV6_NETWORK_CHARACTERS: Final = 19
"""Of an address written out: its first 64 bits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages within one second of the server's clock."""

    by_socket: int
    by_bidder: int
    by_address: int

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """The limits that a process was told; a wider one is never below a narrower one."""
        by_socket = settings.live_messages_a_second
        by_bidder = max(by_socket, settings.live_messages_a_second_by_bidder)
        by_address = max(by_bidder, settings.live_messages_a_second_by_address)
        return cls(by_socket, by_bidder, by_address)


class Places:
    """The sockets that are in: of each bidder in a session, and of watchers at each address.

    A bidder is not counted at his address: whoever bids from a full office has his own share.
    """

    def __init__(self, *, by_bidder: int, by_address: int) -> None:
        self._by_bidder, self._by_address = by_bidder, by_address
        self._taken: Counter[Hashable] = Counter()
        self._of: dict[Hashable, Hashable] = {}

    def take(self, socket: Hashable, address: str, admission: Admission | None) -> bool:
        """Give a socket its place, or say that there is none left."""
        is_bidder = admission is not None
        who = ("bidder", admission.session_id, admission.code) if admission else address
        if self._taken[who] >= (self._by_bidder if is_bidder else self._by_address):
            return False
        self._taken[who] += 1
        self._of[socket] = who
        return True

    def leave(self, socket: Hashable) -> None:
        """Free the place of a socket that is gone; one that had none changes nothing."""
        who = self._of.pop(socket, None)
        if who is None:
            return
        self._taken[who] -= 1
        if not self._taken[who]:
            del self._taken[who]


class Pressure(StrEnum):
    """What one more message means."""

    FINE = "fine"
    TOO_FAST = "too_fast"
    FLOOD = "flood"


class Meter:
    """Counts the messages of the present second; nothing is remembered of the last one."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._second = 0
        self._said: dict[Hashable, int] = {}

    def count(
        self, socket: Hashable, address: str, admission: Admission | None, at: datetime
    ) -> Pressure:
        """Count one message; say whether one of the three limits is passed, and how far."""
        second = int(at.timestamp())
        if second != self._second:
            self._second = second
            self._said.clear()
        share = max(
            self._share(socket, self._limits.by_socket),
            self._share(address, self._limits.by_address),
        )
        if admission is not None:
            who = (admission.code, admission.session_id)
            share = max(share, self._share(who, self._limits.by_bidder))
        if share <= 1:
            return Pressure.FINE
        return Pressure.TOO_FAST if share <= FLOOD_FACTOR else Pressure.FLOOD

    def _share(self, who: Hashable, limit: int) -> float:
        """Count one more message of somebody; say how much of what is his he has used."""
        self._said[who] = said = self._said.get(who, 0) + 1
        return said / limit


def address_of(peer: str, forwarded: str, proxies: frozenset[str]) -> str:
    """Whose socket it is: the last address in X-Forwarded-For that no proxy of ours has.

    What an unknown peer says of others is not believed. An IPv6 network of 64 bits is one
    address, since whoever has one has all of them.
    """
    address = peer
    if peer in proxies:
        told = [part.strip() for part in forwarded.split(",") if part.strip()]
        address = next((one for one in reversed(told) if one not in proxies), peer)
    return _network(address)


def _network(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return address
    known = getattr(known, "ipv4_mapped", None) or known
    return known.exploded[:IPV6_NETWORK_CHARACTERS] if known.version == IPV6 else str(known)
