"""Reminders: which clocks ring, who hears it, what is folded into a digest, what is coming."""
