"""Registers: spreadsheets of past requests, read into good entries and doubtful rows; and our own, written.

What comes in: a .csv or .xlsx as offices really keep them, the words the desk knows, and perhaps a mapping file.
What goes out: a `Register` (entries, doubts, guessed columns, skipped lines), the result as counts, and a file of the
doubtful rows that can be corrected and read again. Reading knows no database and no clock, and changes nothing.

    a file      sheet       what the bytes are; `workbook` (`sheet_xml`, `number_formats`), `delimited` (`encoding`)
                lines       cells, lines, sheets, which `spool` keeps on disk
    its columns headers     what stands over each, `columns`, `finding` them and `guesses` of how sure that is
                mapping     what a person decides instead; `suggestion` is one to start from
                merged      one value over several lines; `links` behind cells that say something else
    its rows    rows        lines -> rows, and what is none; `gate`: what a spreadsheet destroyed stays out
                second_header   where a file goes on in another order
                cells       one cell each, in the words of `vocabulary`; `dates` by their `evidence`, `papers`,
                            accounts that are none (`unnamed`), and `ours` of our own export
                reading     rows -> Entry | Doubt; `numbers`: which diary numbers are one
    the record  intake      the good rows come on record, by `filing_rows`; `instruments`: by which road
    what is said            `report` and corrections, `errors`, `text`: what may stand in a cell
    the way back            the columns that are `exported`, `writing` of any table

Why a doubtful row is never guessed at: a wrong date or recipient falsifies every figure made from the register later,
and nobody looks twice at a row that was taken.
"""
