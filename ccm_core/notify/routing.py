"""Which channel is notified of what. Pure.

A condition goes to every channel that lists its owner and wants it. What no such channel takes
goes to the channels that list nobody, so that it reaches somebody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.notify.types import Channel, Condition, severity_rank


def route(
    conditions: Iterable[Condition],
    channels: Sequence[Channel],
    sent: Mapping[str, Collection[str]],
) -> Mapping[str, Sequence[Condition]]:
    """Return the conditions of each channel, in their order.

    Args:
        conditions: Everything that holds.
        channels: All of them.
        sent: The keys of what each was sent before: what a channel was sent stays its own for as
            long as it covers it, even when it became too little severe to be sent anew.
    """
    named = [_Matcher.of(channel) for channel in channels if channel.owners]
    general = [_Matcher.of(channel) for channel in channels if not channel.owners]
    routed: dict[str, list[Condition]] = {channel.name: [] for channel in channels}
    for condition in conditions:
        takers = [
            matcher.channel
            for matcher in named
            if matcher.covers(condition)
            and (
                wants(matcher.channel, condition)
                or condition.key in sent.get(matcher.channel.name, ())
            )
        ]
        takers = takers or [matcher.channel for matcher in general if matcher.covers(condition)]
        for channel in takers:
            routed[channel.name].append(condition)
    return routed


def wants(channel: Channel, condition: Condition) -> bool:
    """Return whether a channel is to be sent a condition that it covers."""
    is_severe = severity_rank(condition.severity) >= severity_rank(channel.min_severity)
    return is_severe and condition.event in channel.events


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matcher:
    """What a channel covers; whether it lists an owner is found once for each owner."""

    channel: Channel
    owners: dict[tuple[str, ...], bool]

    @classmethod
    def of(cls, channel: Channel) -> _Matcher:
        return cls(channel=channel, owners={})

    def covers(self, condition: Condition) -> bool:
        """Return whether it is of the channel's owners, rules, frameworks and connections.

        What concerns no rule, as a credential that is due, is not narrowed by rules.
        """
        channel = self.channel
        return (
            (not channel.owners or self._is_owned(condition.owners))
            and (not channel.connections or condition.connection in {"", *channel.connections})
            and (
                not condition.rules
                or (
                    _is_any(condition.rules, channel.rules)
                    and _is_any(condition.frameworks, channel.frameworks)
                )
            )
        )

    def _is_owned(self, owners: tuple[str, ...]) -> bool:
        if owners not in self.owners:
            self.owners[owners] = any(
                fnmatchcase(name.casefold(), pattern.casefold())
                for name in owners
                for pattern in self.channel.owners
            )
        return self.owners[owners]


def _is_any(values: Sequence[str], patterns: Sequence[str]) -> bool:
    return not patterns or any(
        fnmatchcase(value, pattern) for value in values for pattern in patterns
    )
