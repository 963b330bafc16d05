"""How facts become durable: one transaction, one journal, one outbox, one file store."""
