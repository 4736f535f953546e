"""How an outgoing request comes on record: draft, pre-flight, filing."""
