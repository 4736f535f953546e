"""What cannot be quietly changed: the audit chain."""
