"""The ground floor: shared kernel, durable store, and the case-to-disbursement domain."""
