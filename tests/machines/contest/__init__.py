"""A simulated hall: seeded clients, clocks, crashes, and a database that may be cut."""
