"""Acceptances of much at once, and of what others cover already: nobody asks so by mistake."""

from __future__ import annotations

import re


def open_ids(firm):
    """List the findings that are open, the most urgent first."""
    listed = firm.ccm("findings", "list", "--output", "json").json["findings"]
    return [one["id"] for one in listed if one["state"] == "open"]


def test_an_acceptance_of_much_is_refused_until_it_is_confirmed(firm):
    """All but one: the message counts them, also by severity; nothing is written."""
    ids = open_ids(firm)
    most = ids[1:]

    refused = firm.accept(*most)

    assert (refused.code, firm.waivers.exists()) == (2, False)
    assert f"it would cover {len(most):,} of {len(ids):,} open findings (" in refused.err
    assert re.search(r"\d+ high", refused.err)
    assert "--many" in refused.err
    assert firm.acts(most[0]) == []


def test_what_is_confirmed_is_warned_of_and_written(firm):
    """The numbers are printed all the same, and whoever approves sees them too."""
    ids = open_ids(firm)

    asked = firm.accept(*ids[1:], many=True)

    assert asked.code == 0, asked.err
    assert f"covers {len(ids) - 1:,} of {len(ids):,} open findings (" in asked.err
    entry = re.findall(r"- id: (\S+)", firm.waivers.read_text())[0]
    approved = firm.approve(entry)
    assert approved.code == 0, approved.err
    assert re.search(r"now       covers [\d,]+ of [\d,]+ open findings", approved.err)


def test_a_few_findings_need_no_confirmation(firm):
    """Neither one nor five, whatever share of all they are."""
    assert firm.accept(*open_ids(firm)[:5]).code == 0


def test_an_acceptance_that_overlaps_another_one_says_so(firm):
    """It is written, since it may end later or cover more."""
    first, second = open_ids(firm)[:2]
    assert "overlaps" not in firm.accept(first, id="RA-1").err

    again = firm.accept(first, second)

    assert again.code == 0, again.err
    assert f"overlaps RA-1 (not approved), which covers finding {first}" in again.err


def test_a_finding_that_several_acceptances_cover_has_all_of_them_named(firm):
    """Also those that were asked for others and cover it by their scope."""
    first = firm.failing()[0]
    firm.accept(first["id"], id="RA-1")
    firm.accept(first["id"], id="RA-2", scope="resource")
    rule = first["checks"][0]["rule"]
    other = next(
        (
            one["id"]
            for one in firm.failing()
            if one["id"] != first["id"] and {check["rule"] for check in one["checks"]} == {rule}
        ),
        None,
    )
    names = ["RA-1 (not approved)", "RA-2 (not approved)"]
    if other:
        firm.accept(other, id="RA-3", scope="rule", many=True)
        names.append("RA-3 (not approved)")

    refused = firm.approve(first["id"])

    assert refused.code == 2
    assert ", ".join(names) in refused.err
