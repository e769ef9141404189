"""Finds mappings of packs to requirements that no catalogue has. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from ccm_core.documents import Document, Path, quoted, suggest
from ccm_core.errors import Mistake
from ccm_core.model.framework import Catalogues


def mapping_mistakes(document: Document, catalogues: Catalogues) -> Iterator[Mistake]:
    """Yield the controls of a pack that are in no catalogue.

    Args:
        document: The pack.
        catalogues: Those that are shipped and those of the settings, by name.
    """
    for path, framework, number in _controls(document):
        unknown = unknown_control(catalogues, framework, number)
        if unknown is not None:
            name = "id" if framework in catalogues else "framework"
            yield document.mistake((*path, name), unknown)


def unknown_control(
    catalogues: Catalogues, framework: str, number: str, *, near: int = 1
) -> str | None:
    """Return that no catalogue has a control, with what may be meant; None: one has it.

    Args:
        catalogues: By name.
        framework: Its framework.
        number: Its id.
        near: How many ids that are like it to name.
    """
    catalogue = catalogues.get(framework)
    if catalogue is None:
        message = suggest("framework", framework, sorted(catalogues))
        hint = "`ccm frameworks import` makes a catalogue of a CSV file or an OSCAL catalogue"
        return f"{message}. {hint}"
    if number in catalogue.requirements:
        return None
    close = get_close_matches(number, [one.id for one in catalogue.whole], n=near)
    meant = f"; did you mean {' or '.join(map(quoted, close))}?" if close else ""
    return f"{framework} has no {quoted(number)}{meant}"


def _controls(document: Document) -> Iterator[tuple[Path, str, str]]:
    """Yield where controls are named, and which."""
    places: list[tuple[Path, object]] = []
    rules = document.get(("rules",), ())
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, dict):
            places.append((("rules", index, "controls"), rule.get("controls")))
    places.append((("manual_procedures",), document.get(("manual_procedures",), ())))
    for path, controls in places:
        for number, control in enumerate(controls if isinstance(controls, list) else ()):
            if not isinstance(control, dict):
                continue
            framework, name = control.get("framework"), control.get("id")
            if isinstance(framework, str) and isinstance(name, str):
                yield (*path, number), framework, name
