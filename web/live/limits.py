"""How many messages a second are taken: from one socket, one bidder, one address.

A bidder is known here as his code in one session, whatever sockets he has. An address is that of
the socket's other end; where a proxy stands there, what it says in X-Forwarded-For.
"""

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
