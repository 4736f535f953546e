"""Publications: what providers and public bodies publish of requests made to them, read as bounds for one country.

What comes in: a .csv, .tsv or .xlsx as they really publish it, the words of `published_words.json`, a country. What
goes out: `Publication`: figures by period, and line by line what could not be read. Knows no database, changes nothing.

    reading     sheets -> the rows of the country -> `Publication`; `limits`: what is not read at all
    header      which line is the header, and what each column means
    figures     rows -> the figures of a period, summed
    bounds      one cell: a count or a share that is known from below and above
    periods     one cell, or a name: the days it covers
    countries   one cell: the country it names

Why bounds: one row covers every agency of a country, small numbers are coded ("<10"), and editions are revised.
"""
