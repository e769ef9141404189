"""Who the people are that waivers name, as the settings have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace

from ccm_core.model.evaluation.waiver import ApprovalAuthority, KnownIdentity, Waiver
from ccm_core.model.finding.policy import IdentityProvider, Person
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.model.statement_text import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorities:
    """The people of the settings, and what proves that one of them approved."""

    people: Mapping[str, Person] = field(default_factory=FrozenDict)
    providers: Mapping[str, IdentityProvider] = field(default_factory=FrozenDict)
    """By issuer."""
    accepts_unsigned: bool = False
    """Whether waivers count that nobody approved by a signature."""

    def of(self, waiver: Waiver) -> Waiver:
        """Return a waiver with what proves its approval: the keys that are in force now."""
        owner = find_person(self.people, waiver.owner)
        approver = find_person(self.people, waiver.approver)
        return replace(
            waiver,
            authority=ApprovalAuthority(
                owner=owner.id if owner else "",
                approver=approver.id if approver else "",
                ssh_keys=approver.ssh_keys if approver else (),
                identities=tuple(self._identities(approver)) if approver else (),
                accepts_unsigned=self.accepts_unsigned,
            ),
        )

    def of_person(self, person: Person) -> ApprovalAuthority:
        """Return what proves that somebody signed: the keys that are in force now."""
        return ApprovalAuthority(
            approver=person.id,
            ssh_keys=person.ssh_keys,
            identities=tuple(self._identities(person)),
        )

    def _identities(self, person: Person) -> Iterator[KnownIdentity]:
        for issuer, subject in person.oidc:
            if provider := self.providers.get(issuer):
                yield KnownIdentity(
                    issuer=issuer,
                    subject=subject,
                    audience=provider.audience,
                    keys=provider.keys,
                )


def find_person(people: Mapping[str, Person], text: str) -> Person | None:
    """Return the person whom an id, a name or an address names; None: nobody."""
    if text in people:
        return people[text]
    name = visible(text)
    for person in people.values():
        if name in {visible(person.id), visible(person.name), visible(person.email)} - {""}:
            return person
    return None
