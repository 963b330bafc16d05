"""Words every floor speaks; standard library and msgspec only."""
