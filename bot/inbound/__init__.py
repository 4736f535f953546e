"""Messages in: each becomes one turn in one transaction, and its answer. Also forms, rate limits, services."""
