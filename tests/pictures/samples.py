"""Pictures of figures, with few and many data, long names, and nothing at all: to be looked at, and measured."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from bot.rendering import drawing
from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers.pictures.ageing import AgeingDrawn, WaitsWith
from handlers.pictures.frame import Head
from handlers.pictures.periods import PeriodCount, PeriodsDrawn
from handlers.pictures.reciprocity import BothWays, DirectionCount, ReciprocityDrawn
from handlers.pictures.survival import SurvivalDrawn
from storage.exposure.labels import Label
from storage.rules.survival import Curve, Spell, curve

AGENCY, LONG = "PK-FIA-CCW", "DE-" + "-".join(("BUNDESAMT", "GENERALSTAATSANWALTSCHAFT", "ZENTRALSTELLE") * 3)
MONDAY = date(2026, 3, 2)
READER = Reader("Asia/Karachi", "en", datetime(2026, 3, 6, 9, tzinfo=UTC))
PROVIDERS = ("PROV-META", "PROV-GOOGLE", "PROV-X", "PROV-TIKTOK", "US-DOJ-OIA", "PROV-TELEGRAM", "PROV-SNAP")
TWENTY = (*PROVIDERS, *(f"GB-POLICE-{n}" for n in range(13)))

ON = date(2026, 3, 6)


def weeks(*counts: tuple[int, int, int], so_far: bool = True, label: str = "TLP:AMBER", old: int = 0) -> PeriodsDrawn:
    """Weeks of those figures: opened, answered, overdue; the oldest first."""
    first = MONDAY - timedelta(weeks=len(counts) - 1)
    found = tuple(PeriodCount(first + timedelta(weeks=n), *one) for n, one in enumerate(counts))
    return PeriodsDrawn(label, "rogatory.png", AGENCY, ON, "week", found, so_far, old)


def months(*counts: tuple[int, int, int]) -> PeriodsDrawn:
    """Months of those figures."""
    found = tuple(PeriodCount(date(2025 + (n + 7) // 12, (n + 7) % 12 + 1, 1), *one) for n, one in enumerate(counts))
    return PeriodsDrawn("TLP:AMBER", "rogatory.png", AGENCY, ON, "month", found, so_far=False, old=0)


def years(*counts: tuple[int, int, int]) -> PeriodsDrawn:
    """Years of those figures."""
    found = tuple(PeriodCount(date(2019 + n, 1, 1), *one) for n, one in enumerate(counts))
    return PeriodsDrawn("TLP:AMBER", "rogatory.png", AGENCY, ON, "year", found, so_far=True, old=512)


def answers(count: int, answered: int, days: int, seed: int = 1) -> Curve:
    """A curve of so many requests, of which some were answered, around so many days."""
    draws = Random(seed)
    ended = [Spell(round(draws.expovariate(1 / days)), ended=True) for _ in range(answered)]
    return curve([*ended, *(Spell(draws.randrange(1, 6 * days), ended=False) for _ in range(count - answered))])


def survival(*curves: tuple[str, Curve], label: str = "TLP:AMBER") -> SurvivalDrawn:
    """Of those curves."""
    return SurvivalDrawn.of(Head(label, "rogatory.png", AGENCY, ON), curves)


def ageing(ages: tuple[int, ...], *rows: tuple[str, int, int], old: int = 0) -> AgeingDrawn:
    """What waits, of those ages and counterparts."""
    return AgeingDrawn.of(Head("TLP:AMBER", "rogatory.png", AGENCY, ON), ages, [WaitsWith(*row) for row in rows], old)


def reciprocity(*rows: tuple[str, DirectionCount, DirectionCount]) -> ReciprocityDrawn:
    """Both directions of those."""
    return ReciprocityDrawn.of(Head("TLP:AMBER+STRICT", "rogatory.png", AGENCY, ON), [BothWays(*row) for row in rows])


NONE = DirectionCount(0, 0, None, None)
SAMPLES = {
    "weeks": weeks(*((n + 1, n % 3, 30 + n * n % 7) for n in range(8))),
    "weeks_none": weeks(*[(0, 0, 0)] * 8, so_far=False, label="TLP:RED"),
    "weeks_old": weeks((0, 0, 0), (3, 1, 0), so_far=False, old=512),
    "weeks_one": weeks((1, 0, 1), label="TLP:GREEN"),
    "weeks_many": weeks(*((1_234_567 * (n + 1), 987_654, 0) for n in range(8)), label="TLP:CLEAR"),
    "months": months(*((120 - n * 9, 40 + n, 10 * n) for n in range(8))),
    "years": years(*((2_000 + n, 12_345, 99_999 - n) for n in range(8))),
    "survival": survival(("PROV-META", answers(60, 48, 30)), ("PROV-GOOGLE", answers(12, 0, 60))),
    "survival_one": survival(("PROV-META", answers(400, 320, 41))),
    "survival_slow": survival(("US-DOJ-OIA", answers(5, 2, 700))),
    "survival_few": survival(("PROV-X", answers(3, 1, 20)), ("PROV-SNAP", answers(1, 0, 20))),
    "survival_none": survival(),
    "survival_twenty": survival(*((code, answers(40 - n, 36 - n, 10 + 9 * n, n)) for n, code in enumerate(TWENTY))),
    "survival_long": survival((LONG, answers(9, 8, 20)), (f"{LONG}-2", answers(9, 1, 90))),
    "ageing": ageing((12, 7, 4, 3, 14), ("PROV-META", 20, 9), ("PROV-GOOGLE", 12, 0), ("US-DOJ-OIA", 8, 5)),
    "ageing_one": ageing((1, 0, 0, 0, 0), ("PROV-META", 1, 0)),
    "ageing_none": ageing((0, 0, 0, 0, 0)),
    "ageing_old": ageing((0, 0, 0, 0, 0), old=1_234),
    "ageing_twenty": ageing((9_000, 700, 40, 3, 1_000_000), *((code, 50 - n, n) for n, code in enumerate(TWENTY))),
    "ageing_long": ageing((1, 2, 3, 4, 5), (LONG, 10, 5), (f"{LONG}-2", 5, 0)),
    "reciprocity": reciprocity(
        ("DE-BKA", DirectionCount(12, 9, 41, 400), DirectionCount(5, 5, 12, None)),
        ("GB-NCA", DirectionCount(3, 0, None, 90), NONE),
    ),
    "reciprocity_one_way": reciprocity(("GB-NCA", NONE, DirectionCount(7, 2, None, 1))),
    "reciprocity_none": reciprocity(),
    "reciprocity_twenty": reciprocity(
        *(
            (code, DirectionCount(100 - n, 50, 30, 800), DirectionCount(n, n // 2, None, 12))
            for n, code in enumerate(TWENTY)
        )
    ),
    "reciprocity_long": reciprocity(
        (LONG, DirectionCount(10_000, 9_999, 1_000, 4_000), DirectionCount(10_000, 0, None, 4_000))
    ),
}
"""{name: the notice}. Of invented figures."""


def png(renderer: Renderer, name: str, *, dark: bool) -> bytes:
    """One of them, drawn as the desk draws it."""
    drawn = drawing.draw(renderer, SAMPLES[name], READER, Label.RED, dark=dark)
    assert drawn is not None
    return drawn
