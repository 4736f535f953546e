"""Registers: spreadsheets of past requests, read into good entries and doubtful rows; and our own, written.

What comes in: a .csv or .xlsx as offices really keep them, the words the desk knows, and perhaps a mapping file.
What goes out: a `Register` (entries, doubts, guessed columns, skipped lines), the result as counts, and a file of the
doubtful rows that can be corrected and read again. Reading knows no database and no clock, and changes nothing.

    lines       cells, lines, sheets              text        what may stand in a cell, compared, written safely
    sheet       a file -> lines of cells          merged      one value over several lines
    headers     what stands over each column      columns     the columns, and what must be asked of them
    finding     lines -> header and columns       guesses     how sure a column is
    mapping     what a person decides instead     suggestion  the mapping file to start from
    rows        lines -> rows, and what is none   gate        what a spreadsheet destroyed stays out
    vocabulary  the words the desk knows          dates       one date cell, and which comes first: day or month
    papers      which legal paper is there        cells       every other cell, in the desk's words
    errors      files that cannot be read         reading     rows -> Entry | Doubt
    report      the result, and corrections
    exports     the requests on record, asked for   writing   a table -> .csv or .xlsx

Why a doubtful row is never guessed at: a wrong date or recipient falsifies every figure made from the register later,
and nobody looks twice at a row that was taken.
"""
