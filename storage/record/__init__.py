"""Queries: records fetched, listed, searched, counted and added to; SQL is spoken here."""
