"""The command language: how a typed line is read, as a library that knows no record."""
