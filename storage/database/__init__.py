"""Connections and transactions: engine, store, unit of work, lease."""
