"""Summaries: what officers and managers decide from, one kind of answer per file; every number can be explained.

Each reads for an agency of the asker's what they may see, up to the ceiling of where they look, and changes nothing.
"""
