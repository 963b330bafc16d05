"""Facts that leave a transaction: past tense, frozen, versioned, codes not names."""

from dataclasses import asdict, dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of every event. Fields are what JSON can say: text and integers; ids as text."""

    name: ClassVar[str]
    version: ClassVar[int] = 1

    def channel(self) -> str:
        """The Valkey channel that the relay sends it on."""
        return "luochui"

    def payload(self) -> dict[str, object]:
        """What the outbox row and the message hold."""
        return {"name": self.name, "v": self.version, **asdict(self)}
