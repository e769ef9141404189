"""A plugin during whose import a person presses Ctrl-C."""

from __future__ import annotations

raise KeyboardInterrupt
