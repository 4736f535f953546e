"""Access rules: who sees which record, as SQL, and the most restrictive label that each place shows."""
