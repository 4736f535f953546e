"""Who sees what, and how much is shown where."""
