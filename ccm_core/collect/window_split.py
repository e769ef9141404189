"""Splits a window that holds more than its source lists in one go. Pure."""

from __future__ import annotations

from datetime import timedelta

from ccm_core.model.evidence.window import Window, split_window


def split(window: Window, total: int, limit: int) -> tuple[Window, ...]:
    """Split a window that holds ``total`` so that each part should hold well under ``limit``.

    Returns the window alone when time cannot split it further.
    """
    parts = max(2, -(-total * 5 // (limit * 4)))
    return split_window(window, max(window.length / parts, timedelta(seconds=1)))
