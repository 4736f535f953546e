"""`python -m bot`, also `rogatory`."""

import sys

from bot.cli.main import main
from bot.logs import for_process


def run() -> int:
    """One command, as a process."""
    for_process()
    return main()


if __name__ == "__main__":
    sys.exit(run())
