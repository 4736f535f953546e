"""The search for cases: an index beside the record, so that a million requests are searched like a thousand.

documents.py  what of a case is searched, and who may see it
pieces.py     documents and words cut into what the index holds
sqlite.py     the index on SQLite: a table of FTS5
postgres.py   the index on PostgreSQL: a GIN index over tsvectors
upkeep.py     what has changed is put into the index; the index is made anew
finding.py    the cases that a viewer may see and that hold what is sought

The index proposes, the record decides: what it proposes is compared with the texts (`documents.Document.holds`) and
with the rules of sight. A case that changed and is not in the index yet is compared alone, so that it is found at once.
Must change together: documents.py, pieces.py, the triggers of migration 0016, and a migration that puts every case into
`search_due`, since what the index holds is taken out by what these modules said when it was put in.
"""
