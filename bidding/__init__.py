"""The bidding hall: who may bid, what counts, who wins."""
