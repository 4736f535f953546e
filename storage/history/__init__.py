"""The audit chain: everything that was done, kept so that a change of it is found."""
