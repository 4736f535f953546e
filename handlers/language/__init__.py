"""What people type: a library that knows no record."""
