"""Opening who a bidder is before the close 提前查明身份: two persons, a reason, on record."""
