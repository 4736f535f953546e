"""Migrations: numbered, each a sentence; run by `python -m bot migrate`."""
