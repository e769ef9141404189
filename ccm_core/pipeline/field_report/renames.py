"""What stands for the texts, numbers and instants of an account in one field report."""

from __future__ import annotations

from datetime import date, datetime, timedelta

_SHORTEST_CLASS = 8


class Renames:
    """Renames alike what is alike, so that references still lead to what they name."""

    def __init__(self, shift: timedelta) -> None:
        """Begin with no name.

        Args:
            shift: What to add to every instant: whole weeks, so that days of the week and times of
                day stay.
        """
        self._days = timedelta(days=shift.days)
        self._texts: dict[str, str] = {}
        self._numbers: dict[float, int] = {}

    def moment(self, moment: datetime) -> datetime:
        """Return a moment so many weeks away from it, to the second."""
        return moment.replace(microsecond=0) + self._days

    def text(self, text: str) -> str:
        """Return what stands for a text: its number in the report, and the class of its length."""
        if not text:
            return text
        if text not in self._texts:
            longest = _SHORTEST_CLASS
            while longest < len(text):
                longest *= 2
            self._texts[text] = f"text_{len(self._texts) + 1}_{longest}"
        return self._texts[text]

    def number(self, number: float) -> int:
        """Return what stands for a number that identifies something."""
        return self._numbers.setdefault(number, len(self._numbers) + 1)

    def instant(self, text: str) -> str:
        """Return an instant, or a date with a time, some whole weeks away from it.

        Raises:
            ValueError: It does not begin with a date.
            OverflowError: No calendar has that day.
        """
        return f"{date.fromisoformat(text[:10]) + self._days}{text[10:]}"
