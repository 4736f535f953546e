"""Messages out: outbox rows are sent, each with its outcome on record; and files that people sent are fetched."""
