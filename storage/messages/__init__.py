"""Messages on record: inbox, outbox, sending, recipients, cards, dead letters; heartbeats; retention."""
