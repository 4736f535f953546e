"""Notices into messages: templates, Markdown, blocks, the limits of platforms."""
