"""Did you mean: commands and names spelled much like what was typed. Suggests, never acts.

In: words that are none of ours. Out: a few that are, the nearest first.
"""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher, get_close_matches

from handlers.language.command import Commands, Spec
from handlers.language.values import Lookup

WORDS_OF_A_COMMAND = 3
SUGGESTIONS = 3
WORD_CHARACTERS = 40  # longer words are no misspelt ones, and comparing them takes time
LIKE = 0.72  # of 1; from here on a reader sees the likeness
CLOSE_TO_BEST = 0.1
TWO_LETTERS = 2


def commands_like(words: Sequence[str], commands: Commands) -> tuple[str, ...]:
    """Up to three commands that these words may be meant for, with or without their family."""
    typed = [word[:WORD_CHARACTERS] for word in words]
    likeness = {spec.words: _likeness(typed, spec.words.split()) for spec in commands if not spec.hidden}
    best = max(likeness.values(), default=0.0)
    close = [name for name in likeness if likeness[name] >= max(LIKE, best - CLOSE_TO_BEST)]
    return tuple(sorted(close, key=lambda name: -likeness[name])[:SUGGESTIONS])


def near(word: str, options: Iterable[str]) -> tuple[str, ...]:
    """Up to three options within a slip or two of a word."""
    cutoff = 0.5 if len(word) <= TWO_LETTERS else 0.66
    return tuple(get_close_matches(word[:WORD_CHARACTERS], list(options), n=SUGGESTIONS, cutoff=cutoff))


def names(spec: Spec, desk: Lookup) -> tuple[str, ...]:
    """Every name that may stand before a `:` in this command."""
    own = tuple(parameter.typed_name for parameter in spec.parameters)
    return own + (tuple(desk.reference.fields) if spec.fields else ())


def names_like(word: str, spec: Spec, desk: Lookup) -> tuple[str, ...]:
    """Up to three names of this command's values that a word may be meant for, each as it is shown."""
    found = near(word, dict.fromkeys([*names(spec, desk), *spec.understood]))
    return tuple(dict.fromkeys(spec.understood[name].typed_name if name in spec.understood else name for name in found))


def _likeness(typed: Sequence[str], command: Sequence[str]) -> float:
    """0 to 1: as a whole, word by word, and for a command whose family was left out."""
    if not typed:
        return 0.0
    whole = _ratio(" ".join(typed[: len(command)]), " ".join(command))
    by_word = sum(_ratio(one, other) for one, other in zip(typed, command, strict=False)) / len(command)
    without_family = _ratio(typed[0], command[-1])
    return max(whole, by_word, without_family)


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
