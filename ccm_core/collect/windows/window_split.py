"""Splits a window that holds more than its source lists in one go, and continues a cut one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from ccm_core.collect.windows.window_read import WindowQuery, WindowRead
from ccm_core.model.evidence.collection import Reason, Shortfall
from ccm_core.model.evidence.window import SECOND, Window, split_window


def split(window: Window, total: int, limit: int) -> tuple[Window, ...]:
    """Split a window that holds ``total`` so that each part should hold well under ``limit``.

    Returns the window alone when time cannot split it further.
    """
    parts = max(2, -(-total * 5 // (limit * 4)))
    return split_window(window, max(window.length / parts, timedelta(seconds=1)))


def smaller_queries(query: WindowQuery, read: WindowRead) -> Sequence[WindowQuery]:
    """Split a query of which the source would not list all, and of which nothing was read."""
    window, overflow, resume_from = query.window, read.overflow, read.resume_from
    if window is None:
        return ()
    if resume_from is not None and resume_from.at <= window.since and query.overlap:
        # All that was listed lies before the window: ask for less of that.
        return (replace(query, overlap=timedelta(0)),)
    if overflow is None:
        return ()
    cut = overflow.split_at
    before = cut is not None and cut <= window.since
    if query.overlap and (before or not query.splittable):
        return (replace(query, overlap=timedelta(0)),)
    parts = (
        (Window(window.since, cut), Window(cut, window.until))
        if cut is not None and window.since < cut < window.until
        else split(window, overflow.total, overflow.limit)
    )
    return _overlapping_queries(parts, query.overlap)


def following_queries(query: WindowQuery, read: WindowRead) -> Sequence[WindowQuery]:
    """Continue where the source stopped listing; what was read ends there."""
    window, resume_from = query.window, read.resume_from
    if window is None or resume_from is None:
        return ()
    if resume_from.at <= window.since:
        detail = f"the listing ended at {resume_from.at.isoformat()}, before the requested window"
        read.batch.shortfalls.append(Shortfall(reason=Reason.SOURCE_ERROR, detail=detail))
        return ()
    read.batch.truncate(min(resume_from.at, window.until))
    if resume_from.at >= window.until:
        return ()
    rest = Window(resume_from.at, window.until)
    return (WindowQuery(window=rest, overlap=read.inner_overlap),)


def _overlapping_queries(parts: Sequence[Window], overlap: timedelta) -> Sequence[WindowQuery]:
    """Let neighbors overlap by a second: no source says whether a window includes its ends."""
    inner = min(overlap, SECOND)
    return [
        WindowQuery(window=part, overlap=inner if number else overlap)
        for number, part in enumerate(parts)
    ]
