"""What is taken away from a test never turns a rule to a pass, or the rule is found out."""

from __future__ import annotations

import pytest

from ccm_core.rules.testing.mutation import mutate, mutations

TESTS = (
    "[{name: shut, expect: pass, rows: [{locked: true, owner: P1, keys: [{holder: A}]}]},"
    " {name: open, expect: fail, rows: [{locked: false, owner: P1, keys: []}]}]"
)
LOOKED_UP = (
    "[{name: known, expect: fail, rows: [{owner: P1}], lookups: {'acme.person:P1': {name: ''}}}]"
)


def lies(packs):
    """Name the mutations that let a rule pass."""
    return [
        (mutation.test, mutation.mutation, mutation.before)
        for mutation in mutate(packs)
        if mutation.false_pass
    ]


def test_a_sound_rule_never_gives_a_false_pass(world):
    """Whatever is taken away: fields, pages, records, the evidence of a whole kind."""
    packs = world.compiled(
        world.rule_text(tests=TESTS),
        world.rule_text(
            id="door_owned",
            tests=LOOKED_UP,
            **{"assert": "lookup('acme.person', row.owner).name != ''"},
        ),
    )
    results = mutate(packs)

    assert [result for result in results if result.false_pass] == []
    assert {result.mutation for result in results} >= {
        "acme.door was never collected",
        "acme.door is stale",
        "acme.door lost a page",
        "acme.door is denied",
        "acme.door failed",
        "acme.person is denied",
        "without row.locked",
        "without row.keys[0].holder",
        "without acme.person:P1",
    }
    whole = [result for result in results if result.mutation.startswith("acme.door ")]
    assert {result.after for result in whole} == {"insufficient"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(
            {"assert": "'!has(row.locked) || row.locked'"},
            [("open", "without row.locked", "fail")],
            id="absence-is-taken-for-good",
        ),
        pytest.param(
            {"assert": "row.?locked.orValue(true)"},
            [("open", "without row.locked", "fail")],
            id="a-fallback-that-passes",
        ),
    ],
)
def test_a_false_pass_is_found(world, fields, expected):
    """The test, what was taken away, and what the rule said before."""
    assert lies(world.compiled(world.rule_text(tests=TESTS, **fields))) == expected


def test_the_number_of_field_mutations_is_bounded(world):
    """A test with enormous rows does not take forever."""
    row = "{notes: {" + ", ".join(f"n{n}: 1" for n in range(500)) + "}}"
    packs = world.compiled(world.rule_text(tests=f"[{{name: a, expect: pass, rows: [{row}]}}]"))
    (test,) = packs.packs[0].pack.rules[0].tests
    assert len(list(mutations(test, []))) == 200
