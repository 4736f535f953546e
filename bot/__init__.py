"""The process: knows the outside world, knows no business rule.

In: `adapters/` parse what a platform sends; `dispatch.py` makes one turn of it. Out: `render.py` says what happened,
from `templates/`. `app.py` joins the parts, `cli.py` and `commands.py` start them, `settings.py` reads the environment.
"A button does nothing": `adapters/`. "Wrong wording": `templates/messages/`. "Which variable?": `settings.py`.
"""

__version__ = "0.1.0"
