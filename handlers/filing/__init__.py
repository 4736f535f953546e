"""Filing an outgoing request: draft, pre-flight checks, filing."""
