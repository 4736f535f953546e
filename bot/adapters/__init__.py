"""Chat platforms: one file or folder for each, and the only place that imports its library."""
