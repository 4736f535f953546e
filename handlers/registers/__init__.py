"""Registers: spreadsheets of past requests, read into good entries and doubtful rows; and our own, written.

What comes in: a .csv or .xlsx as offices really keep them, the words the desk knows, and perhaps a mapping file.
What goes out: a `Register` (entries, doubts, guessed columns, skipped lines), the result as counts, and a file of the
doubtful rows that can be corrected and read again. Reading knows no database and no clock, and changes nothing.

    lines       cells, lines, sheets
    sheet       a file -> lines of cells          text     what may stand in a cell, compared and written safely
    columns     lines -> header and columns       dates    one date cell, and which comes first: day or month
    mapping     what a person decides instead     cells    every other cell, in the desk's words
    vocabulary  the words the desk knows          reading  lines -> Entry | Doubt
    errors      files that cannot be read         report   the result, and the file of corrections
    exports     the requests on record, asked for   writing  a table -> .csv or .xlsx

Why a doubtful row is never guessed at: a wrong date or recipient falsifies every figure made from the register later,
and nobody looks twice at a row that was taken.
"""
