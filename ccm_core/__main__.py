"""Run ``python -m ccm_core`` as ``ccm``."""

from __future__ import annotations

import sys

from ccm_core.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
