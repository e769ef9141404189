"""Compiles one pack: parameters, conditions and messages, every mistake at its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ccm_core.documents import Document, Path, suggest
from ccm_core.errors import Mistake
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.rule import Parameter, Rule, RulePack
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.lookup_function import LookupTable
from ccm_core.rules.cel.runtime import RESERVED, Expression, CelEnvironment, ExpressionError
from ccm_core.rules.incremental.due_time import parse_due_condition
from ccm_core.rules.incremental.rule_dependencies import rule_dependencies
from ccm_core.rules.pack.case_checks import case_mistakes
from ccm_core.rules.pack.compiled import (
    FAILS,
    HOLDS,
    NOT_DUE,
    OUTSIDE,
    CompiledPack,
    CompiledRule,
    RuleGroup,
    Verdict,
)
from ccm_core.rules.pack.expression_checks import ExpressionChecker, ExpressionScope, MistakeFactory
from ccm_core.rules.pack.parameter_overrides import (
    NEVER_VARY,
    ConditionalValue,
    ParameterOverrides,
    read_overrides,
    row_path,
    parameter_overrides,
)
from ccm_core.rules.pack.parameters import bound_mistake
from ccm_core.rules.pack.schema_fields import SchemaFields
from ccm_core.rules.types import RowSource
from ccm_core.sdk.timestamps import parse_duration

SettingMistake = Callable[[str, str, "tuple[int, int] | None"], Mistake]
"""Makes a mistake of a parameter's name, a message and a place inside what the user wrote."""


@dataclass(slots=True, kw_only=True)
class PackCompiler:
    """Compiles one pack and gathers what is wrong with it."""

    document: Document
    pack: RulePack
    sources: Mapping[str, RowSource]
    lookups: LookupTable
    settings: JsonObject
    """The parameters that the user set, by name."""
    setting_mistake: SettingMistake
    mistakes: list[Mistake] = field(default_factory=list)
    _surroundings: dict[str, ExpressionScope] = field(default_factory=dict)
    _conditions: dict[str, dict[str, Expression]] = field(default_factory=dict)

    def compile(self) -> CompiledPack:
        """Compile everything that can be compiled."""
        read = {one.name: self._parameter(one) for one in self.pack.parameters}
        self._tell_duplicates()
        self._by_hand()
        compiled = [self._rule(index, rule) for index, rule in enumerate(self.pack.rules)]
        overs = sorted({one.rule.over for one in compiled if one})
        groups = tuple(
            RuleGroup(
                over=over,
                language=self._around(over).language,
                rules=tuple(one for one in compiled if one and one.rule.over == over),
                conditions=self._conditions.get(over, {}),
            )
            for over in overs
        )
        effective = {
            one.name: self.settings.get(one.name, one.default) for one in self.pack.parameters
        }
        return CompiledPack(
            pack=self.pack,
            groups=groups,
            effective=effective,
            values={name: changes[0].value for name, changes in read.items() if changes},
            varying=self._varying(read),
        )

    # -- parameters ---------------------------------------------------------------------------

    def _parameter(self, one: Parameter) -> tuple[ConditionalValue, ...]:
        """Give its value and the changes to it; nothing for a condition and for a mistake."""
        path: Path = ("parameters", one.name)
        self._paths(one, path)
        value = self._read(one, one.default, self._teller((*path, "default")))
        if one.type == "condition":
            self._condition_parameter(one, path)
        elif one.over is not None:
            self._tell((*path, "over"), f"a parameter of type {one.type} is over nothing")
        if one.name in self.settings:
            value = self._read(one, self.settings[one.name], self._setting_teller(one.name))
        return () if one.type == "condition" else value

    def _read(self, one: Parameter, written: Any, tell: MistakeFactory) -> tuple[ConditionalValue, ...]:
        try:
            return read_overrides(one, written)
        except ValueError as cause:
            if one.type in _TYPES:
                self.mistakes.append(tell(str(cause), (1, 1)))
            return ()

    def _paths(self, one: Parameter, path: Path) -> None:
        """Check what a parameter is chosen by."""
        for key, written in (("varies_by", one.varies_by), ("dated_by", one.dated_by)):
            if written is None:
                continue
            if one.type in NEVER_VARY:
                self._tell((*path, key), f"a parameter of type {one.type} is the same for all rows")
            try:
                row_path(written)
            except ValueError as cause:
                self._tell((*path, key), str(cause))

    def _varying(self, read: Mapping[str, tuple[ConditionalValue, ...]]) -> dict[str, ParameterOverrides]:
        if self.mistakes:
            return {}
        found = {one.name: parameter_overrides(one, read[one.name]) for one in self.pack.parameters}
        return {name: one for name, one in found.items() if one}

    def _condition_parameter(self, one: Parameter, path: Path) -> None:
        if one.over is None:
            self._tell(path, "a condition needs `over`: the kind or view whose rows it reads")
            return
        self._known_source(one.over, (*path, "over"))
        found = self._checked_condition(one, one.default, self._teller((*path, "default")))
        if one.name in self.settings:
            tell = self._setting_teller(one.name)
            found = self._checked_condition(one, self.settings[one.name], tell)
        if found:
            self._conditions.setdefault(one.over, {})[one.name] = found

    def _checked_condition(self, one: Parameter, written: Any, tell: MistakeFactory) -> Expression | None:
        if not isinstance(written, str):
            return None
        around = self._plain_surroundings(one.over or "")
        checks = ExpressionChecker(around=around, mistakes=self.mistakes)
        found = checks.condition(written, tell)
        if checks.looked_up:
            self.mistakes.append(tell("a condition parameter cannot look records up", (1, 1)))
        return found

    # -- rules --------------------------------------------------------------------------------

    def _rule(self, index: int, rule: Rule) -> CompiledRule | None:
        path: Path = ("rules", index)
        if rule.over:
            self._known_source(rule.over, (*path, "over"))
        checks = ExpressionChecker(around=self._around(rule.over), mistakes=self.mistakes)
        self._lets(rule, path, checks)
        match = self._condition(checks, rule.match, (*path, "match"))
        assertion = self._condition(checks, rule.assertion, (*path, "assert"))
        not_due = self._condition(checks, rule.not_due, (*path, "not_due"))
        message = checks.message(rule.message, self._teller((*path, "message")))
        self._tolerance(rule, path)
        self._controls(rule, path)
        looked_up = tuple(sorted(checks.looked_up))
        self.mistakes.extend(
            case_mistakes(
                self.document, path, rule, self.pack, self.sources, looked_up, checks.around.fields
            )
        )
        if assertion is None:
            return None
        due = parse_due_condition(not_due) if not_due else None
        return CompiledRule(
            rule=rule,
            at_once=_at_once(rule, checks),
            match=match,
            assertion=assertion,
            not_due=not_due,
            due=due,
            message=message,
            lets=dict(checks.lets),
            looked_up=looked_up,
            max_age=_duration(rule.max_age),
            holds=Verdict(status=Status.PASS, reason=rule.title),
            outside=Verdict(status=Status.NOT_APPLICABLE, reason=_outside(rule)),
            senses=rule_dependencies(
                match=match,
                judged=[assertion, *message.expressions],
                lets=checks.lets.values(),
                not_due=not_due,
                due=due,
                conditions=self._conditions.get(rule.over, {}).values(),
                chosen_by=[path for paths in self._chosen_by().values() for path in paths],
            ),
        )

    def _lets(self, rule: Rule, path: Path, checks: ExpressionChecker) -> None:
        for name, text in rule.let.items():
            here = (*path, "let", name)
            if RESERVED.fullmatch(name):
                message = f"`{name}` means something else in conditions; choose another name"
                self.mistakes.append(self.document.mistake(here, message, key=True))
            else:
                checks.let(name, text, self._teller(here))

    def _condition(self, checks: ExpressionChecker, text: str | None, path: Path) -> Expression | None:
        return checks.condition(text, self._teller(path)) if text else None

    def _tolerance(self, rule: Rule, path: Path) -> None:
        if not rule.tolerance or rule.tolerance.per != "month":
            return
        fields = self._around(rule.over).fields
        if fields and fields.mistake(("occurred_at",)):
            message = f"a month needs `occurred_at`, which rows of {rule.over} do not have"
            self._tell((*path, "tolerance", "per"), message)

    def _controls(self, rule: Rule, path: Path) -> None:
        types = {one.name: one.type for one in self.pack.parameters}
        for index, control in enumerate(rule.controls):
            for name, bounds in control.requires.items():
                here = (*path, "controls", index, "requires", name)
                if name not in types:
                    message = suggest("parameter", name, sorted(types))
                    self.mistakes.append(self.document.mistake(here, message, key=True))
                    continue
                for bound, written in bounds.items():
                    if bound in _BOUNDS and (wrong := bound_mistake(types[name], bound, written)):
                        self._tell((*here, bound), wrong)

    # -- what is around an expression ---------------------------------------------------------

    def _around(self, over: str) -> ExpressionScope:
        if over not in self._surroundings:
            conditions = self._condition_names()
            usable = [name for name, where in conditions.items() if where == over]
            self._surroundings[over] = self._made(over, usable)
        return self._surroundings[over]

    def _plain_surroundings(self, over: str) -> ExpressionScope:
        """What a condition parameter may mention: no other condition parameter."""
        return self._made(over, [])

    def _made(self, over: str, conditions: list[str]) -> ExpressionScope:
        plain = {
            one.name: one.type
            for one in self.pack.parameters
            if one.type in _TYPES and one.type != "condition"
        }
        source = self.sources.get(over)
        return ExpressionScope(
            over=over,
            language=CelEnvironment(plain, conditions, self.lookups),
            fields=SchemaFields(source.schema()) if source else None,
            parameters=plain,
            conditions=self._condition_names(),
            chosen_by=self._chosen_by(),
            sources=self.sources,
        )

    def _chosen_by(self) -> dict[str, list[tuple[str, ...]]]:
        """Give the paths in a row by which the value of each parameter that varies is chosen."""
        found: dict[str, list[tuple[str, ...]]] = {}
        for one in self.pack.parameters:
            for written in (one.varies_by, one.dated_by):
                with suppress(ValueError):
                    if path := row_path(written):
                        found.setdefault(one.name, []).append(path)
        return found

    def _condition_names(self) -> dict[str, str]:
        return {
            one.name: one.over or "nothing"
            for one in self.pack.parameters
            if one.type == "condition"
        }

    # -- telling ------------------------------------------------------------------------------

    def _tell_duplicates(self) -> None:
        seen: dict[str, str] = {}
        for index, rule in enumerate(self.pack.rules):
            path: Path = ("rules", index, "id")
            if rule.id and rule.id in seen:
                self._tell(path, f"the rule id {rule.id} is given twice; {seen[rule.id]}")
            else:
                seen[rule.id] = f"the first is at {self.document.place(path)}"

    def _by_hand(self) -> None:
        """Tell what is said of controls that no rule supports, and what is said twice."""
        supported = {(each.framework, each.id) for one in self.pack.rules for each in one.controls}
        seen = set[tuple[str, str]]()
        for index, one in enumerate(self.pack.by_hand):
            name = (one.framework, one.id)
            if name in seen:
                self._tell(("by_hand", index), f"{one.framework} {one.id} is given twice")
            elif all(name) and name not in supported:
                message = f"no rule of this pack supports {one.framework} {one.id}"
                self._tell(("by_hand", index), message)
            seen.add(name)

    def _known_source(self, name: str, path: Path) -> None:
        if name not in self.sources:
            self._tell(path, suggest("evidence kind or view", name, sorted(self.sources)))

    def _tell(self, path: Path, message: str) -> None:
        self.mistakes.append(self.document.mistake(path, message))

    def _teller(self, path: Path) -> MistakeFactory:
        return lambda message, at: self.document.mistake(path, message, at=at)

    def _setting_teller(self, name: str) -> MistakeFactory:
        return lambda message, at: self.setting_mistake(name, message, at)


_TYPES = {"duration", "integer", "number", "string", "boolean", "list", "condition"}
_BOUNDS = {"at_most", "at_least", "equals"}


def _at_once(rule: Rule, checks: ExpressionChecker) -> Expression | None:
    """Put the conditions of a rule into one, in the order in which they are asked."""
    whole = f"({rule.assertion}\n) ? {HOLDS} : {FAILS}"
    if rule.not_due:
        whole = f"({rule.not_due}\n) ? {NOT_DUE} : ({whole})"
    if rule.match:
        whole = f"({rule.match}\n) ? ({whole}) : {OUTSIDE}"
    try:
        return checks.around.language.expression(whole, checks.lets)
    except ExpressionError:
        # A condition that is wrong, which is told elsewhere, or too deeply nested for CEL.
        return None


def _outside(rule: Rule) -> str:
    return f"outside the rule: not `{rule.match or ''}`"


def _duration(text: str | None) -> timedelta | None:
    try:
        return parse_duration(text) if text else None
    except ValueError:
        return None
