"""What a person has to state in words: a reason, or who answers for something."""

from __future__ import annotations

import unicodedata


def has_words(text: str) -> bool:
    """Return whether a text has a letter or a digit, which blanks do not."""
    return any(map(str.isalnum, text))


def same_words(first: str, second: str) -> bool:
    """Return whether two texts read the same: case, blanks and what nobody sees aside."""
    return visible(first) == visible(second)


def visible(text: str) -> str:
    """Return what of a text tells it from others: without case, blanks and what nobody sees."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isprintable()).replace(" ", "")
