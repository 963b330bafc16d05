"""Conflicts of interest 利益冲突: who may not bid, nor have others bid for him (网拍34)."""
