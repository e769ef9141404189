"""Reads the catalogues that packs may map to, and refuses mappings that none of them has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.config.locate import read_file
from ccm_core.documents import read_yaml, suggest
from ccm_core.errors import DocumentError, Mistake, UsageError
from ccm_core.frameworks.catalogue_file import read_catalogue
from ccm_core.frameworks.mapping_checks import mapping_mistakes
from ccm_core.frameworks.shipped import shipped_catalogue, shipped_names
from ccm_core.model.digest import digest
from ccm_core.model.framework import Catalogue, Catalogues
from ccm_core.model.frozen_json import FrozenDict

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.config.settings import FrameworkSettings
    from ccm_core.rules.pack.compiled import CompiledPacks
    from ccm_core.rules.types import PackText


def catalogue_names(workspace: Workspace | None) -> tuple[str, ...]:
    """Return the names of all catalogues, those of the settings included, sorted."""
    entries = workspace.settings.frameworks if workspace else ()
    own = [entry.name for entry in entries if entry.catalogue is not None]
    return tuple(sorted({*shipped_names(), *own}))


def read_framework(workspace: Workspace | None, name: str) -> Catalogue:
    """Read the catalogue of a framework: that of the settings, else the one that is shipped.

    Raises:
        UsageError: There is none, or it has mistakes.
    """
    entry = _entry(workspace, name)
    if entry is not None and entry.catalogue is not None:
        return _own(entry, entry.catalogue)
    if name not in shipped_names():
        names = catalogue_names(workspace)
        raise UsageError(suggest("framework", name, names))
    return shipped_catalogue(name)


def known_requirements(
    workspace: Workspace | None, only: AbstractSet[str] | None = None
) -> Catalogues:
    """Read catalogues; one of the settings has the requirements of the shipped one as well.

    What is imported may be a part of a framework, such as a baseline: a mapping to the rest of it
    is no mistake.

    Args:
        workspace: The settings; None: there are none.
        only: The frameworks to read, of which some may have no catalogue; None: all.

    Raises:
        UsageError: One has mistakes.
    """
    names = set(catalogue_names(workspace)) if only is None else only
    catalogues = {name: shipped_catalogue(name) for name in shipped_names() if name in names}
    for entry in workspace.settings.frameworks if workspace else ():
        if entry.catalogue is not None and entry.name in names:
            own = _own(entry, entry.catalogue)
            shipped = catalogues.get(entry.name)
            catalogues[entry.name] = _united(own, shipped) if shipped else own
    return FrozenDict(catalogues)


def catalogues_digest(workspace: Workspace | None) -> str:
    """Return the digest of everything that known requirements are read from, reading no more.

    Raises:
        UsageError: A file of the settings cannot be read.
    """
    files = [
        entry.catalogue
        for entry in (workspace.settings.frameworks if workspace else ())
        if entry.catalogue is not None
    ]
    contents = [digest(read_file(path)) for path in files]
    return digest("\n".join([*shipped_names(), *contents]).encode())


def refuse_unknown_controls(workspace: Workspace | None, texts: Iterable[PackText]) -> None:
    """Refuse packs that map to what no catalogue has.

    Raises:
        DocumentError: One does; every such mapping is listed.
    """
    catalogues = known_requirements(workspace)
    mistakes = [
        mistake
        for text in texts
        for mistake in mapping_mistakes(read_yaml(text.text, text.source), catalogues)
    ]
    if mistakes:
        raise DocumentError(mistakes)


def unknown_frameworks(workspace: Workspace, packs: CompiledPacks) -> Iterator[Mistake]:
    """Yield the frameworks to show that neither a catalogue nor a pack has."""
    names = {
        control.framework
        for pack in packs.packs
        for rule in pack.pack.rules
        for control in rule.controls
    }
    known = sorted(names.union(catalogue_names(workspace)))
    for index, name in enumerate(workspace.settings.rules.frameworks):
        if name not in known:
            path = ("rules", "frameworks", index)
            message = suggest("framework", name, known)
            yield workspace.settings.document.mistake(path, message)


def settings_mistakes(workspace: Workspace) -> Sequence[Mistake]:
    """Return the mistakes in what the settings say of requirements: ids that do not exist."""
    document = workspace.settings.document
    mistakes: list[Mistake] = []
    for index, entry in enumerate(workspace.settings.frameworks):
        try:
            catalogue = read_framework(workspace, entry.name)
        except DocumentError as error:
            mistakes.extend(error.mistakes)
            continue
        except UsageError as error:
            mistakes.append(document.mistake(("frameworks", index, "name"), str(error)))
            continue
        for key, numbers in (("owners", entry.owners), ("not_applicable", entry.not_applicable)):
            mistakes.extend(
                document.mistake(
                    ("frameworks", index, key, number),
                    suggest(
                        f"requirement of {entry.name}", number, [one.id for one in catalogue.whole]
                    ),
                    key=True,
                )
                for number in numbers
                if number not in catalogue.requirements
            )
    return mistakes


def _entry(workspace: Workspace | None, name: str) -> FrameworkSettings | None:
    entries = workspace.settings.frameworks if workspace else ()
    return next((entry for entry in entries if entry.name == name), None)


def _own(entry: FrameworkSettings, path: Path) -> Catalogue:
    catalogue = read_catalogue(read_file(path), str(path))
    if catalogue.name != entry.name:
        raise UsageError(
            f"{path}: its name is {catalogue.name!r}, and the settings call it {entry.name!r}"
        )
    return catalogue


def _united(own: Catalogue, shipped: Catalogue) -> Catalogue:
    from dataclasses import replace

    requirements = {**shipped.requirements, **own.requirements}
    return replace(own, requirements=FrozenDict(requirements))
