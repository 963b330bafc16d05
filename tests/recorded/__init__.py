"""Real recorded auctions through the real path: sockets, home, engine, PostgreSQL."""
