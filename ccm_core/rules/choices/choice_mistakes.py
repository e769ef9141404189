"""Finds what is wrong with what the settings choose about rules: ids that no pack has. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from ccm_core.documents import Document, Path, quoted, suggest
from ccm_core.errors import Mistake
from ccm_core.rules.pack.compiled import CompiledPacks


def choice_mistakes(document: Document, packs: CompiledPacks) -> Iterator[Mistake]:
    """Yield the names in the settings that no rule of the packs has.

    Args:
        document: The settings.
        packs: Those that they name, with what they choose.
    """
    rules = sorted(rule.id for pack in packs.packs for rule in pack.pack.rules)
    choices = packs.choices
    for index, entry in enumerate(choices.disabled):
        path: Path = ("rules", "disabled", index, "rule")
        yield from _unknown(document, path, entry.rule, rules)
    off = {rule for rule in rules if any(entry.matches(rule) for entry in choices.disabled)}
    if rules and off == {*rules}:
        message = "every check of the packs would be off, so nothing would be tested"
        yield document.mistake(("rules", "disabled"), message, key=True)
    for rule in choices.severities:
        if rule not in rules:
            at: Path = ("rules", "severity", rule)
            yield document.mistake(at, suggest("rule", rule, rules), key=True)


def _unknown(document: Document, path: Path, name: str, rules: Sequence[str]) -> Iterator[Mistake]:
    if "*" not in name and name not in rules:
        yield document.mistake(path, suggest("rule", name, rules))
    elif not any(fnmatchcase(rule, name) for rule in rules):
        like = suggest("rule", name.replace("*", ""), rules).partition("; ")[2]
        message = f"{quoted(name)} matches no rule of the packs; {like}"
        yield document.mistake(path, message)
