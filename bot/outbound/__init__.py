"""The one door out: outbox rows become messages, each with its end on record."""
