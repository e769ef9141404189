"""Durations as people and sources write them."""

from __future__ import annotations

from datetime import timedelta


def parse_duration(text: str) -> timedelta:
    """Read ``15m``, ``4h``, ``1h30m``, ``7d``, ``2w``, or ISO 8601 such as ``PT15M`` and ``P1D``.

    Raises:
        ValueError: The text is not a duration of fixed length; months and years are not.
    """
    if text.startswith(("P", "-P", "+P")):
        return _parse_iso(text)
    import durationpy

    try:
        return durationpy.from_str(text)
    except (durationpy.DurationError, ValueError) as cause:
        msg = f"{text!r} is not a duration; write it like 15m, 4h, 7d or PT15M"
        raise ValueError(msg) from cause


def format_duration(seconds: float) -> str:
    """Write seconds the way people do: ``15m``, ``1h30m``, ``2d4h``; never more than needed."""
    total = round(seconds)
    sign, remainder = ("-", -total) if total < 0 else ("", total)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, remainder = divmod(remainder, size)
        if count:
            parts.append(f"{count}{unit}")
    return sign + ("".join(parts) or "0s")


def _parse_iso(text: str) -> timedelta:
    import isodate

    if text[-1] in "PT":  # isodate reads these as no time at all
        raise ValueError(f"{text!r} is not an ISO 8601 duration")
    try:
        duration = isodate.parse_duration(text)
    except (isodate.ISO8601Error, OverflowError) as cause:
        msg = f"{text!r} is not an ISO 8601 duration"
        raise ValueError(msg) from cause
    if not isinstance(duration, timedelta):
        msg = f"{text!r} counts months or years, which have no fixed length; use days"
        raise ValueError(msg)  # noqa: TRY004 - the text is wrong, not the type
    return duration
