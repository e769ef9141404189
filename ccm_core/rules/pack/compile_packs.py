"""Reads and compiles the YAML of rule packs; reports every mistake in one go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ccm_core import documents, schemas
from ccm_core.documents import Document, DocumentSchema, suggest
from ccm_core.errors import DocumentError, Mistake
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.rule import RulePack
from ccm_core.model.frozen_json import FrozenDict, frozen
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks
from ccm_core.rules.pack.compiler import PackCompiler
from ccm_core.rules.pack.condition_compiler import SettingMistake
from ccm_core.rules.pack.pack_reader import parse_pack
from ccm_core.rules.pack.renamed_keys import renamed_keys, renamed_setting_key
from ccm_core.rules.types import PackText, RowSource

SCHEMA = "rule-pack.v1"


def setting_mistake(name: str, message: str, _at: tuple[int, int] | None) -> Mistake:
    """Make a mistake of a parameter whose location in a file is not known."""
    return Mistake("parameters", 1, 1, f"{name}: {message}")


def read_pack(pack: PackText) -> RulePack:
    """Read a pack without compiling its conditions: enough to list what it holds.

    Raises:
        DocumentError: It is no rule pack.
    """
    document = documents.read_yaml(pack.text, pack.source)
    if renamed := list(renamed_keys(document)):
        raise DocumentError(renamed)
    if mistakes := documents.check(document, schemas.load(SCHEMA)):
        raise DocumentError(mistakes)
    return parse_pack(document, digest(pack.text))


def compile_packs(
    texts: Sequence[PackText],
    sources: Iterable[RowSource],
    *,
    parameters: JsonObject | None = None,
    mistake: SettingMistake = setting_mistake,
    checked: bool = False,
) -> CompiledPacks:
    """Compile packs; any number of evaluations can use them, one after the other or at once.

    Conditions that were not compiled here are compiled, with every check, when a row is first
    evaluated by them.

    Args:
        texts: The YAML of each pack.
        sources: Every evidence kind and view that rules may be over.
        parameters: The values that the user set, by name; each goes to every pack that has a
            parameter of that name.
        mistake: Makes a mistake in a value that the user set, from the parameter's name, the
            message, and the line and column inside the value where it is a text.
        checked: Whether these very packs, parameters and sources had no mistakes before. Then
            conditions are not compiled to look for mistakes in them.

    Raises:
        DocumentError: Something is wrong in a pack or in the user's values; all of it is reported.
    """
    by_name = {source.name: source for source in sources}
    settings, mistakes = frozen(parameters or {}), list[Mistake]()
    read = list(_documents(texts, mistakes))
    # What else is wrong with a pack of before would only repeat it.
    if renamed := list(_renamed_keys(read, settings, mistake)):
        raise DocumentError(renamed)
    packs, schema = [], DocumentSchema(schemas.load(SCHEMA))
    for text, document in read:
        mistakes.extend(schema.mistakes(document))
        compiler = PackCompiler(
            document=document,
            pack=parse_pack(document, digest(text.text)),
            sources=by_name,
            settings=settings,
            setting_mistake=mistake,
            mistakes=mistakes,
        )
        packs.append(compiler.compile())
    if not checked:
        mistakes.extend(mistake for pack in packs for mistake in pack.mistakes())
    mistakes.extend(_name_conflicts(packs))
    mistakes.extend(_unknown_settings(packs, settings, mistake))
    if mistakes:
        raise DocumentError(dict.fromkeys(mistakes))
    return CompiledPacks(
        packs=tuple(sorted(packs, key=lambda compiled: compiled.pack.name)),
        inputs=FrozenDict({name: source.inputs for name, source in sorted(by_name.items())}),
        optional=FrozenDict(
            {name: _optional(source) for name, source in by_name.items() if source.optional}
        ),
    )


def _optional(source: RowSource) -> Mapping[str, tuple[str, ...]]:
    """Return the optional inputs of rows whose fields are known; of others, any field may rest."""
    names = source.schema().get("properties", {})
    return FrozenDict(
        {
            kind: tuple(fields)
            for kind, fields in source.optional.items()
            if fields and all(name in names for name in fields)
        }
    )


def _documents(
    texts: Iterable[PackText], mistakes: list[Mistake]
) -> Iterator[tuple[PackText, Document]]:
    for text in texts:
        try:
            yield text, documents.read_yaml(text.text, text.source)
        except DocumentError as cause:
            mistakes.extend(cause.mistakes)


def _renamed_keys(
    packs: Iterable[tuple[PackText, Document]], settings: JsonObject, mistake: SettingMistake
) -> Iterator[Mistake]:
    for _, document in packs:
        yield from renamed_keys(document)
    for name, value in settings.items():
        if message := renamed_setting_key(value):
            yield mistake(name, message, None)


def _name_conflicts(packs: Sequence[CompiledPack]) -> Iterator[Mistake]:
    """Yield names and rule ids that two packs share."""
    names: dict[str, str] = {}
    ids: dict[str, str] = {}
    for pack in (compiled.pack for compiled in packs):
        if pack.name in names:
            message = f"the pack {pack.name} is also in {names[pack.name]}; use one of them"
            yield Mistake(pack.source, 1, 1, message)
            continue
        names[pack.name] = pack.source
        for rule in pack.rules:
            if ids.setdefault(rule.id, pack.source) != pack.source:
                message = f"the rule id {rule.id} is also in {ids[rule.id]}"
                yield Mistake(pack.source, 1, 1, message)


def _unknown_settings(
    packs: Sequence[CompiledPack], settings: JsonObject, mistake: SettingMistake
) -> Iterator[Mistake]:
    names = sorted({parameter.name for pack in packs for parameter in pack.pack.parameters})
    for name in sorted(set(settings) - set(names)):
        yield mistake(name, suggest("parameter", name, names), None)
