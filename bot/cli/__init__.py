"""The command line: what `python -m bot` understands, and what each word does."""
