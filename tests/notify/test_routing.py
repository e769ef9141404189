"""Which channel learns of what: the owner's channels, and somebody in every case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.evaluation.rule import Severity
from ccm_core.notify.routing import route
from ccm_core.notify.types import Channel, NotifyEvent
from tests.notify.made_items import made_condition

GENERAL = Channel(name="general")
PAYMENTS = Channel(name="payments", owners=("payments",))
PAGER = Channel(name="pager", owners=("Pay*",), min_severity=Severity.CRITICAL)
KEYS = Channel(name="keys", owners=("*",), events=frozenset([NotifyEvent.FINDING_OVERDUE]))


def takers(condition, *channels, sent=None):
    """Return the names of the channels that are notified of a condition."""
    routed = route([condition], channels, sent or {})
    return [name for name, conditions in routed.items() if conditions]


def owned(severity=Severity.HIGH, **more):
    """Make a finding of the Payments team."""
    return made_condition("finding:a", severity=severity, **({"owners": ("Payments",)} | more))


@pytest.mark.parametrize(
    ("condition", "channels", "expected"),
    [
        pytest.param(owned(), (GENERAL, PAYMENTS), ["payments"], id="its team, in whatever case"),
        pytest.param(owned(owners=("SRE",)), (GENERAL, PAYMENTS), ["general"], id="another team"),
        pytest.param(owned(owners=()), (GENERAL, PAYMENTS), ["general"], id="nobody's"),
        pytest.param(
            owned(owners=("SRE", "Payments")), (GENERAL, PAYMENTS), ["payments"], id="of two teams"
        ),
        pytest.param(
            owned(Severity.CRITICAL),
            (GENERAL, PAYMENTS, PAGER),
            ["payments", "pager"],
            id="severe enough for both",
        ),
        pytest.param(owned(), (GENERAL, PAGER), ["general"], id="not severe enough for its own"),
        pytest.param(owned(), (GENERAL, KEYS), ["general"], id="not among the events of its own"),
        pytest.param(
            made_condition("key", NotifyEvent.KEY_DUE, owners=(), rules=()),
            (GENERAL, PAYMENTS, Channel(name="all", owners=("*",))),
            ["general"],
            id="of the account",
        ),
    ],
)
def test_a_condition_goes_to_the_channels_of_its_owner(condition, channels, expected):
    """What none of them takes goes to those that list no owners."""
    assert takers(condition, *channels) == expected


@pytest.mark.parametrize(
    ("more", "covered"),
    [
        pytest.param({"rules": ("r",)}, True, id="its check"),
        pytest.param({"rules": ("x-*", "r*")}, True, id="its check, by wildcard"),
        pytest.param({"rules": ("x",)}, False, id="another check"),
        pytest.param({"frameworks": ("soc2",)}, True, id="its framework"),
        pytest.param({"frameworks": ("pci",)}, False, id="another framework"),
        pytest.param({"connections": ("acme",)}, True, id="its connection"),
        pytest.param({"connections": ("other",)}, False, id="another connection"),
    ],
)
@pytest.mark.parametrize("owners", [(), ("Payments",)])
def test_a_channel_may_be_narrowed(more, covered, owners):
    """By check, framework and connection, whether it lists owners or not."""
    channel = Channel(name="narrow", owners=owners, **more)
    condition = owned(frameworks=("soc2",))
    assert takers(condition, channel) == (["narrow"] if covered else [])


def test_what_a_channel_was_sent_stays_its_own():
    """A finding that became less severe is neither resolved for it nor new to another."""
    sent = {"pager": {"finding:a"}}
    assert takers(owned(), GENERAL, PAGER, sent=sent) == ["pager"]


SEVERITIES = st.sampled_from(list(Severity))
CHANNELS = st.lists(
    st.builds(
        Channel,
        name=st.uuids().map(str),
        owners=st.lists(st.sampled_from(["A", "B", "*"]), min_size=1, max_size=2).map(tuple),
        min_severity=SEVERITIES,
        events=st.frozensets(st.sampled_from(list(NotifyEvent))),
    ),
    max_size=4,
)


@given(CHANNELS, SEVERITIES, st.sampled_from([(), ("A",), ("B",), ("C",), ("A", "C")]))
def test_everything_reaches_somebody(channels, severity, owners):
    """Whatever the channels with owners want: with one that has none, nothing is lost."""
    condition = made_condition("finding:a", severity=severity, owners=owners)
    assert takers(condition, *channels, GENERAL)
