"""Run ``python -m ccm_core`` as ``ccm``."""

from __future__ import annotations

import sys

from ccm_core.cli.main import run_process

if __name__ == "__main__":
    sys.exit(run_process())
