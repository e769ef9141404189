"""Leaves out of httpx its command line, and with it rich and pygments.

For Python, None is a module that is not to be had, which httpx allows for. Reading then begins
sooner, and in 4 MiB less. Where httpx is there already, nothing changes.
"""

from __future__ import annotations

import sys
from typing import Any, cast

cast("dict[str, Any]", sys.modules).setdefault("httpx._main", None)
