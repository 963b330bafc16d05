"""竞价记录 of other houses, brought in for comparison: they decide nothing here."""
