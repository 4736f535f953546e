"""The tick: one scheduler, one job, and the watch that sees it stop."""
