"""Rendering: notices become messages, by templates, Markdown, blocks, the limits of platforms."""
