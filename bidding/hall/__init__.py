"""The session that bids go to: its rows, its pauses, its tickets and receipts."""
