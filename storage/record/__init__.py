"""The record, fetched, listed, counted and added to."""
