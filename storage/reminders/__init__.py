"""Clocks that ring, and what becomes of it: sweep, audience, nudges, digests."""
