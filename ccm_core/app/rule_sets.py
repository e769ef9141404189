"""The rules of a workspace: packs read from plugins and files, compiled, with their waivers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.app.checked_rules import environment_checked_rules
from ccm_core.config.locate import read_file
from ccm_core.errors import DocumentError, Mistake, PluginFault, UsageError
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.approvals.people import Authorities
    from ccm_core.pipeline.reproduce import RuleSet
    from ccm_core.plugins.catalog import Catalog
    from ccm_core.rules.pack.compiled import CompiledPacks
    from ccm_core.rules.types import PackText


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRuleSet:
    """Everything that evaluates evidence, compiled and as people wrote it."""

    packs: CompiledPacks
    source: RuleSet
    """Packs, parameters and waivers as people wrote them."""

    @property
    def waivers(self) -> Sequence[Waiver]:
        """The accepted risks."""
        return self.source.waivers


def compile_rule_set(workspace: Workspace) -> CompiledRuleSet:
    """Read and compile packs, parameters and waivers of the settings.

    Raises:
        UsageError: A pack, a parameter or a waiver has mistakes.
    """
    from ccm_core.pipeline.reproduce import RuleSet

    texts = configured_pack_texts(workspace)
    parameters = workspace.settings.rules.parameters
    return CompiledRuleSet(
        packs=_compile(workspace, texts),
        source=RuleSet(
            packs=texts,
            parameters=parameters,
            set_at={name: _parameter_position(workspace, name) for name in parameters},
            choices=workspace.settings.rules.choices,
            sampling=workspace.settings.audit.sampling,
            waivers=configured_waivers(workspace),
        ),
    )


def compile_configured_packs(workspace: Workspace) -> CompiledPacks:
    """Compile the packs of the settings with their parameters.

    Raises:
        DocumentError: A pack or a parameter has mistakes, or a pack is missing.
    """
    return _compile(workspace, configured_pack_texts(workspace))


def compile_other_packs(workspace: Workspace, names: Sequence[str]) -> CompiledPacks:
    """Compile packs by name or file, with those parameters of the settings that they have.

    Raises:
        UsageError: One is missing, or has mistakes.
    """
    from ccm_core.pipeline.evaluate import compile_rules
    from ccm_core.rules.pack.compile_packs import read_pack

    texts = [pack_text(workspace.catalog, name, Path.cwd()) for name in names]
    try:
        declared = {parameter.name for text in texts for parameter in read_pack(text).parameters}
    except DocumentError:
        declared = set()  # compiling reports these mistakes with all the others
    settings = workspace.settings.rules.parameters
    parameters = {name: value for name, value in settings.items() if name in declared}
    return compile_rules(workspace.host, texts, parameters)


def configured_pack_texts(workspace: Workspace) -> list[PackText]:
    """Read the packs that the settings name.

    Raises:
        DocumentError: One is neither the name of an installed pack nor a file.
    """
    settings = workspace.settings
    texts, mistakes = [], []
    for index, name in enumerate(settings.rules.packs):
        try:
            texts.append(pack_text(workspace.catalog, name, settings.base))
        except UsageError as error:
            mistakes.append(settings.document.mistake(("rules", "packs", index), str(error)))
    if mistakes:
        raise DocumentError(mistakes)
    return texts


def configured_waivers(workspace: Workspace) -> tuple[Waiver, ...]:
    """Read the waivers, where the settings name a file.

    Raises:
        UsageError: The file cannot be read, or has mistakes.
    """
    from ccm_core.rules.pack.waiver_file import read_waivers

    path = workspace.settings.rules.waivers
    return read_waivers(read_file(path), str(path), authorities(workspace)) if path else ()


def with_current_waivers(workspace: Workspace, rules: CompiledRuleSet) -> CompiledRuleSet:
    """Return a rule set with the waivers as their file has them now.

    Raises:
        UsageError: The file cannot be read, or has mistakes.
    """
    return replace(rules, source=replace(rules.source, waivers=configured_waivers(workspace)))


def authorities(workspace: Workspace) -> Authorities:
    """Return who may own and approve waivers, and how they prove it."""
    from ccm_core.approvals.people import Authorities

    settings = workspace.settings
    return Authorities(
        people=settings.people,
        providers=settings.identity_providers,
        accepts_unsigned=settings.rules.accept_unsigned,
    )


def pack_text(catalog: Catalog, name: str, base: Path) -> PackText:
    """Read a pack by the name it is installed under, or by its path.

    Raises:
        UsageError: It is neither.
    """
    from ccm_core.rules.types import PackText

    if name in catalog.packs:
        source = catalog.packs[name]
        return PackText(text=source.text(), source=source.location)
    path = base / name
    if path.suffix in {".yaml", ".yml"} or path.exists():
        return PackText(text=read_file(path), source=str(path))
    installed = ", ".join(catalog.packs) or "none"
    raise UsageError(
        f"rule pack {name!r} not found: expected an installed pack or a file; "
        f"installed: {installed}"
    )


def _compile(workspace: Workspace, texts: Sequence[PackText]) -> CompiledPacks:
    """Compile packs with the parameters of the settings; what was checked before is not again."""
    from ccm_core.app.frameworks.catalogues import (
        catalogues_digest,
        refuse_unknown_controls,
        unknown_frameworks,
    )
    from ccm_core.pipeline.evaluate import compile_rules, rules_digest
    from ccm_core.rules.choices.choice_mistakes import choice_mistakes

    document, host = workspace.settings.document, workspace.host

    def parameter_mistake(name: str, message: str, at: tuple[int, int] | None) -> Mistake:
        return document.mistake(("rules", "parameters", name), message, at=at)

    parameters = workspace.settings.rules.parameters
    notes, name = environment_checked_rules(), None
    with suppress(PluginFault):  # a schema that cannot be loaded: compiling says whether it matters
        name = rules_digest(host, texts, parameters, catalogues_digest(workspace))
    is_checked = name is not None and name in notes
    packs = compile_rules(host, texts, parameters, parameter_mistake, checked=is_checked)
    packs = replace(packs, choices=workspace.settings.rules.choices)
    if mistakes := [*choice_mistakes(document, packs), *unknown_frameworks(workspace, packs)]:
        raise DocumentError(mistakes)
    if not is_checked:
        refuse_unknown_controls(workspace, texts)
    if name is not None and not is_checked:
        notes.add(name)
    return packs


def _parameter_position(workspace: Workspace, parameter: str) -> str:
    document = workspace.settings.document
    position = document.location(("rules", "parameters", parameter))
    return f"{document.file}:{position.line}:{position.column}"
