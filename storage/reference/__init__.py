"""Reference data: instruments, authorities, legal papers, each row with its source, read and checked at the start."""
