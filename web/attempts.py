"""A brake on guessing: failed sign-ins counted by account and address, in this process."""

from collections import deque
from datetime import datetime, timedelta

from auction.kernel.refusal import Refusal

WINDOW = timedelta(minutes=15)
FAILURES_MAX = 10
KEYS_MAX = 10_000


class Attempts:
    """Failures of the last quarter of an hour.

    They are counted for an account at an address, so that a stranger elsewhere cannot lock a
    person out of his own account.
    """

    def __init__(self) -> None:
        self._failures: dict[tuple[str, str], deque[datetime]] = {}

    def check(self, address: str, username: str, now: datetime) -> None:
        """Refuse with `signin.try_later` after too many failures."""
        failures = self._failures.get((address, username.strip().lower()), deque())
        while failures and failures[0] <= now - WINDOW:
            failures.popleft()
        if len(failures) >= FAILURES_MAX:
            minutes = -(-(failures[0] + WINDOW - now) // timedelta(minutes=1))
            raise Refusal("signin.try_later", minutes=minutes)

    def failed(self, address: str, username: str, now: datetime) -> None:
        """Count one failure."""
        if len(self._failures) >= KEYS_MAX:
            self._forget(now)
        self._failures.setdefault((address, username.strip().lower()), deque()).append(now)

    def _forget(self, now: datetime) -> None:
        """Drop what is old; and everything, when a flood of names left nothing old."""
        fresh = {
            key: failures
            for key, failures in self._failures.items()
            if failures and failures[-1] > now - WINDOW
        }
        self._failures = fresh if len(fresh) < KEYS_MAX else {}
