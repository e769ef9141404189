"""``ccm evidence attach`` and what becomes of it: listed, shown, exported, replaced, erased."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

PDF = b"%PDF-1.7\nminutes of the board"


@pytest.fixture
def minutes(evaluated, folder):
    """Stand in a folder after a run, with a file to attach."""
    (folder / "minutes.pdf").write_bytes(PDF)
    return folder / "minutes.pdf"


@pytest.fixture
def attach(ccm, minutes):
    """Attach the file, and return its id."""

    def run(*options, file="minutes.pdf", control="soc2:CC7.4", expires=400):
        year, day = datetime.now(UTC).year, datetime.now(UTC) + timedelta(days=expires)
        attached = ccm(
            *("evidence", "attach", file, "--control", control, "--period", str(year)),
            *("--expires", str(day.date()), "--title", "Board minutes", *options),
        )
        assert attached.code == 0, attached.err
        return attached.out.partition(":")[0]

    return run


def listed(ccm, *options):
    """Return the state of each piece, by id."""
    document = ccm("evidence", "list", "--manual", "--json", *options).json
    return {piece["id"]: piece["state"] for piece in document["manual_evidence"]}


def test_what_is_attached_is_listed_shown_and_comes_back(ccm, attach, folder):
    """With author, digest and expiry; the bytes are the same, and the ledger vouches for them."""
    name = attach("--comment", "Discusses incidents")

    assert listed(ccm) == {name: "current"}
    shown = ccm("evidence", "show", name.rpartition("-")[2]).out
    for fact in ("Board minutes", "soc2:CC7.4", "minutes.pdf: PDF document", "Discusses incidents"):
        assert fact in shown
    exported = ccm("evidence", "export", name, "--to", "out.pdf")
    assert exported.code == 0
    assert "as leaf " in exported.err
    assert (folder / "out.pdf").read_bytes() == PDF
    again = ccm("evidence", "export", name, "--to", "out.pdf")
    assert (again.code, "out.pdf exists" in again.err) == (2, True)


def test_every_mistake_is_told_at_once(ccm, minutes, folder):
    """Nothing is stored; near ids are named."""
    (folder / "fake.pdf").write_text("hello")
    refused = ccm(
        *("evidence", "attach", "fake.pdf", "--control", "soc2:CC7.99", "--control", "foo:1"),
        *("--control", "x", "--period", "2026-Q9", "--expires", "tomorrow"),
    )

    assert refused.code == 2
    for mistake in (
        'soc2 has no "CC7.99"; did you mean "CC7.5" or "CC7.4" or "CC7.3"?',
        'unknown framework "foo"',
        "expected FRAMEWORK:ID",
        "'2026-Q9' is not a period",
        "--expires 'tomorrow'",
        "fake.pdf is not what its name says",
    ):
        assert mistake in refused.err
    assert listed(ccm) == {}


@pytest.mark.parametrize(
    ("period", "expires", "expected"),
    [
        pytest.param("9998", "9999-01-01", "has not begun", id="a-period-ahead"),
        pytest.param("2025", "2024-12-31", "before the period 2025 begins", id="expired-before"),
        pytest.param("2025", "9999-12-31", "expected its last day", id="no-such-day"),
    ],
)
def test_a_period_or_a_day_that_makes_no_sense_is_refused(ccm, minutes, period, expires, expected):
    """Evidence is of what was, and outlives the beginning of its period."""
    refused = ccm(
        *("evidence", "attach", "minutes.pdf", "--control", "soc2:CC7.4"),
        *("--period", period, "--expires", expires),
    )
    assert (refused.code, expected in refused.err) == (2, True)


def test_somebody_unknown_attaches_nothing(ccm, minutes, folder):
    """Where the settings list people."""
    settings = folder / "ccm.yaml"
    settings.write_text(settings.read_text() + "\npeople: [{id: dana, name: Dana Ito}]\n")
    options = (
        "minutes.pdf",
        "--control",
        "soc2:CC7.4",
        "--period",
        "2025",
        "--expires",
        "2035-01-01",
    )
    refused = ccm("evidence", "attach", *options, "--as", "dave")

    assert (refused.code, 'unknown person "dave"' in refused.err) == (2, True)
    attached = ccm("evidence", "attach", *options, "--as", "dana")
    assert attached.out.endswith("for 2025 by dana\n")


def test_an_expired_piece_does_not_count_and_says_so(ccm, attach):
    """Where it is attached, and in every list."""
    name = attach(expires=-2)

    assert listed(ccm, "--expired") == {name: "expired"}
    assert "expired: does not count" in ccm("evidence", "show", name).out


def test_the_same_file_for_the_same_is_refused_and_for_something_else_told(ccm, attach):
    """A copy by mistake counts once."""
    name = attach()
    year = str(datetime.now(UTC).year)
    again = ("evidence", "attach", "minutes.pdf", "--period", year, "--expires", "2099-01-01")

    refused = ccm(*again, "--control", "soc2:CC7.4")
    assert (refused.code, f"attached already as {name}" in refused.err) == (2, True)
    other = ccm(*again, "--control", "soc2:CC7.5")
    assert (other.code, f"the same file is attached as {name} too" in other.err) == (0, True)


def test_a_replaced_piece_is_kept_and_shown_as_such(ccm, attach, folder):
    """What is not stated anew stays; what was replaced cannot be replaced or withdrawn again."""
    name = attach()
    (folder / "shot.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    same = ccm("evidence", "replace", name, "minutes.pdf")
    assert (same.code, "is the very file of" in same.err) == (2, True)
    replaced = ccm("evidence", "replace", name, "shot.png")
    new = replaced.out.partition(":")[0]

    assert replaced.code == 0, replaced.err
    assert listed(ccm) == {name: "replaced", new: "current"}
    assert f"replaced by {new}: does not count" in ccm("evidence", "show", name).out
    for again in (("replace", name, "shot.png"), ("withdraw", name, "--reason", "wrong")):
        refused = ccm("evidence", *again)
        assert (refused.code, f"was replaced by {new} already" in refused.err) == (2, True)
    assert ccm("evidence", "export", name, "--to", "old.pdf").code == 0


def test_a_withdrawn_piece_is_kept_with_its_reason(ccm, attach):
    """A reason has words."""
    name = attach()
    refused = ccm("evidence", "withdraw", name, "--reason", " - ")
    assert (refused.code, "expected why it is withdrawn" in refused.err) == (2, True)

    assert ccm("evidence", "withdraw", name, "--reason", "Wrong quarter").code == 0
    assert listed(ccm) == {name: "withdrawn"}
    assert "Wrong quarter" in ccm("evidence", "show", name).out


def test_a_digest_alone_is_stored_of_what_is_kept_elsewhere(ccm, attach):
    """There is nothing to export, and the message has the digest to compare with."""
    name = attach("--digest-only")

    refused = ccm("evidence", "export", name, "--to", "out.pdf")
    assert refused.code == 2
    assert "its digest alone was stored, of minutes.pdf; compare yours with sha256:" in refused.err
    assert listed(ccm) == {name: "current"}


def test_an_erased_file_is_said_to_be_erased(ccm, attach):
    """By which order and why; the store stays verifiable."""
    name = attach()
    preview = ccm("erase", "--manual", name, "--reason", "Asked to")
    assert "the file would be deleted. Nothing was deleted" in preview.err
    assert ccm("erase", "--manual", name, "--reason", "Asked to", "--yes").code == 0

    assert listed(ccm) == {name: "erased"}
    shown = ccm("evidence", "show", name).out
    assert "file erased: does not count" in shown
    assert shown.rstrip().count("Asked to") == 1
    refused = ccm("evidence", "export", name, "--to", "out.pdf")
    assert (refused.code, "it was erased at" in refused.err) == (2, True)
    assert "damaged" not in ccm("verify").err
    twice = ccm("erase", "--manual", name, "--reason", "again")
    assert (twice.code, "has no file to erase" in twice.err) == (2, True)
    both = ccm("erase", "--manual", name, "--kind", "pagerduty.user", "--reason", "x y")
    assert (both.code, "give one of them" in both.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["show", "ME-1"], "no manual evidence is stored yet", id="none-yet"),
        pytest.param(["show", "pagerduty.user"], "is a kind: expected the KEY", id="a-kind"),
        pytest.param(["export"], "expected --kind KIND, or ID --to FILE", id="nothing"),
        pytest.param(["export", "ME-1"], "expected ID --to FILE", id="no-target"),
        pytest.param(
            ["list", "--manual", "--as-of", "2026-01-01T00:00:00Z"], "--as-of", id="as-of"
        ),
        pytest.param(["list", "--control", "soc2"], "expected FRAMEWORK:ID", id="a-framework"),
        pytest.param(["list", "--period", "soon"], "is not a period", id="no-period"),
    ],
)
def test_what_cannot_be_meant_is_refused(ccm, evaluated, arguments, expected):
    """With what was expected."""
    refused = ccm("evidence", *arguments)
    assert (refused.code, expected in refused.err) == (2, True)


def test_manual_evidence_stands_in_the_coverage_of_a_framework_apart(ccm, attach):
    """Author and expiry under the requirement; no level and none of the four numbers changes."""
    before = ccm("frameworks", "show", "soc2", "--json").json
    name = attach(control="soc2:CC1.1")
    expired = attach("--digest-only", control="soc2:CC1.2", expires=-2)
    after = ccm("frameworks", "show", "soc2", "--json").json

    numbers = ("applicable", "mapped", "tested", "sufficient")
    assert [after[one] for one in numbers] == [before[one] for one in numbers]
    assert (before["with_manual_evidence"], after["with_manual_evidence"]) == (0, 1)
    by_id = {one["id"]: one for one in after["requirements"]}
    assert by_id["CC1.1"]["level"] == "catalogued"
    assert [piece["id"] for piece in by_id["CC1.1"]["manual_evidence"]] == [name]
    assert [piece["state"] for piece in by_id["CC1.2"]["manual_evidence"]] == ["expired"]
    shown = ccm("frameworks", "show", "soc2")
    assert f"manual evidence: current: Board minutes ({name}, " in shown.out
    assert f"manual evidence: expired: does not count: Board minutes ({expired}, " in shown.out
    assert "apart from checks, 1 requirement with manual evidence" in shown.err
