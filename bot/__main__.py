"""`python -m bot`, also `rogatory`."""

import gc
import sys

from bot.cli.main import main
from bot.logs import for_process


def run() -> int:
    """One command, as a process.

    Nothing that is imported goes away: to look for that among it takes a tenth of the start. `main` looks again.
    """
    gc.disable()
    for_process()
    return main()


if __name__ == "__main__":
    sys.exit(run())
