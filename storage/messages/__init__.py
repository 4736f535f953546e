"""What came in and what is to be said: inbox, outbox, sending, recipients, cards."""
