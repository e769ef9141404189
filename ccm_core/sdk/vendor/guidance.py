"""What a person does at the vendor's side to connect a source, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from textwrap import wrap

from ccm_core.model.frozen_dataclass import dataclass

_WIDTH, _INDENT = 100, " " * 5


class FilledIn(StrEnum):
    """What only the host knows, and fills in."""

    REDIRECT_URL = "redirect URL"
    """Where the browser is sent back to."""
    SCOPES = "scopes"
    """The OAuth 2.0 scopes that the connection's settings need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorField:
    """One field of the vendor's form."""

    label: str
    """As the vendor calls it: ``Description``."""
    value: str = ""
    """What to enter, or to choose."""
    filled_in: FilledIn | None = None
    """What the host fills in, in place of a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorStep:
    """One step."""

    text: str
    """An instruction in plain words, with the way through the vendor's menus."""
    fields: tuple[VendorField, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorLink:
    """A page of the vendor's documentation."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorGuidance:
    """Everything that a person has to do at the vendor's side, and to know of it."""

    who: str
    """Who may do it, and as which account of the vendor's it is best done."""
    steps: tuple[VendorStep, ...]
    remarks: tuple[str, ...] = ()
    links: tuple[VendorLink, ...] = ()

    @property
    def text(self) -> str:
        """The steps for a terminal; what the host fills in is shown below them."""
        return "\n".join([*_wrapped(self.who), *_numbered(self.steps), *self._remarks()])

    def _remarks(self) -> Iterator[str]:
        for remark in self.remarks:
            yield from _wrapped(remark)


def _numbered(steps: tuple[VendorStep, ...]) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        yield from _wrapped(step.text, f"  {number}. ")
        for each in step.fields:
            below = f"the {each.filled_in} below" if each.filled_in else each.value
            yield from _wrapped(f"{each.label}: {below}", _INDENT)


def _wrapped(text: str, first: str = "") -> list[str]:
    later = _INDENT if first else ""
    return wrap(text, _WIDTH, initial_indent=first, subsequent_indent=later)
