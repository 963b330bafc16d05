"""How a lot gets its reference price."""
