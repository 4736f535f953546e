"""The one door in: a message becomes a turn, and its answer."""
