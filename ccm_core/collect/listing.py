"""One listing of a source: what its pages returned, and whether they follow on each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from ccm_core.sdk.types import Page


@dataclass(slots=True)
class PageListing:
    """What one request and its following pages have returned so far."""

    keys: set[str] = field(default_factory=set)
    rows: int = 0
    keyless: int = 0
    first_total: int | None = None
    last_total: int | None = None
    ended: bool = False
    """Whether the source said that there is no more."""
    cut: bool = False
    """Whether it was stopped on purpose before its end."""
    linked: bool = True
    """Whether every page was checked to begin with what the one before it ended with."""
    shifted: bool = False
    newest: int = 0
    """The number of the newest page; numbers count from 1."""
    disorder: str | None = None
    """Which page does not follow on the one before it, the first such."""

    def add(self, page: Page) -> None:
        """Add the next page."""
        self.disorder = self.disorder or self._disorder(page)
        self.newest = page.number
        self.rows += len(page.items)
        self.ended = page.last
        self.linked = self.linked and (page.number == 1 or page.shifted is not None)
        self.shifted = self.shifted or bool(page.shifted)
        if page.total is not None:
            self.first_total = page.total if self.first_total is None else self.first_total
            self.last_total = page.total

    def _disorder(self, page: Page) -> str | None:
        if self.ended:
            return f"page {page.number} came after the last one"
        if page.number != self.newest + 1:
            return f"page {page.number} came where page {self.newest + 1} was expected"
        return None

    @property
    def received(self) -> int:
        """Count what was received; each key once where the pages' edges were not checked."""
        return self.rows if self.linked else len(self.keys) + self.keyless

    @property
    def drifted(self) -> bool:
        """Return whether the source's counts disagree with each other or with what was received."""
        if self.shifted or self.first_total != self.last_total:
            return True
        complete = self.last_total is None or self.cut or self.received == self.last_total
        return not complete
