from itertools import product

import pytest

from auction.kernel.refusal import Refusal
from auction.kernel.transitions import after
from bidding.registration import REGISTRATION_LIFE, RegistrationState, RegistrationTrigger


class TestTheLifeOfARegistration:
    @pytest.mark.parametrize(
        ("state", "trigger"), list(product(RegistrationState, RegistrationTrigger))
    )
    def test_follows_its_table_and_nothing_else(
        self, state: RegistrationState, trigger: RegistrationTrigger
    ) -> None:
        if (state, trigger) in REGISTRATION_LIFE:
            assert after(REGISTRATION_LIFE, state, trigger) != state
        else:
            with pytest.raises(Refusal, match=r"state\.not_allowed"):
                after(REGISTRATION_LIFE, state, trigger)

    def test_never_loses_what_was_paid_by_a_withdrawal(self) -> None:
        assert (
            RegistrationState.DEPOSIT_HELD,
            RegistrationTrigger.WITHDRAW,
        ) not in REGISTRATION_LIFE
