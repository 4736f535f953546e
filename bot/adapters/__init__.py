"""The platforms: each file or folder is one, and the only place that knows its library."""
