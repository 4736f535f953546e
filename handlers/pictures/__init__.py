"""Pictures: figures that people would rather look at, drawn for a phone held in a hand.

In: a notice that is a picture (`PeriodsDrawn`, `SurvivalDrawn`, `AgeingDrawn`, `ReciprocityDrawn`): plain figures and
their label. Out: a PNG (`drawing.py`). The notice's own words are what the picture shows for whoever cannot see it, and
their first sentence, the finding, is its title. Its other words stand in `templates/messages/_base/pictures.md.j2`.

    drawing.py    the table of pictures: which notice is drawn how, and whether the place may show it
    frame.py      what all share: the size, light and dark, label, title, text that fits, saving
    periods.py, survival.py, ageing.py, reciprocity.py    one picture each: its figures, and what is drawn of them

A handler answers with `GeneratedFile(name, shows=<the notice>)`; the doors draw it, on a thread of their own, when it
is certain that the place may show it.
"""
