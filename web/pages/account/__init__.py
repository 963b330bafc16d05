"""One's own account: signing up and in, the second factor, the demonstration's people."""
