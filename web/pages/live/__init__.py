"""Pages about sessions while they run: the officer's live desk, how the service held."""
