"""The process of a command: ``ccm``, or ``python -m ccm_core``."""

from __future__ import annotations

import sys

_STOPPED = 130
"""The exit code of a command that was stopped, as it is in ``cli/terminal/exit_codes.py``:
importing that takes the time in which this one stops it."""


def run() -> int:
    """Run the command of the process; one that is stopped while it is imported shows no traceback.

    Nothing was begun by then. From there on, the command handles being stopped itself.
    """
    try:
        from ccm_core.cli.main import run_process
    except KeyboardInterrupt:
        sys.stderr.write("stopped; nothing was begun\n")
        return _STOPPED
    return run_process()


if __name__ == "__main__":
    sys.exit(run())
