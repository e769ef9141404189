"""A plugin that lies, breaks or prints: no pass, no accusation, no traceback, no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.no_cover  # its lines are covered by others

KEY = "liar-key-4711-0815"


def statuses(ended) -> dict[str, str]:
    """Return the status of each rule of an evaluation that was printed as JSON."""
    rules = json.loads(ended.out)["rules"]
    return {rule["rule"]: rule["status"] for rule in rules}


COMMANDS = {
    "hook": ("check",),
    "connect": ("check",),
    "disconnect": ("check",),
    "check": ("check",),
    "review": ("check",),
    "horizon": ("evaluate",),
    "settings schema": ("evaluate",),
    "schema": ("collect", "--all"),
    "collect": ("collect", "--all"),
    "collect at its end": ("collect", "--all"),
    "view": ("evaluate",),
    "owners": ("evaluate",),
    "pack": ("evaluate",),
    "section": ("report", "--format", "html"),
}
"""A command that calls each part of the plugin."""


@pytest.mark.attack(
    "Plugins",
    "Code of a plugin exits the process, raises what is no Exception, recurses without end, "
    "cancels or closes itself, or raises the error that accuses the evidence",
    "One message with the plugin, the part and the line; no traceback, no exit code 0, 1 or 5",
)
@pytest.mark.parametrize(
    "what", ["exit", "abort", "recursion", "cancel", "close", "accuse", "raise"]
)
@pytest.mark.parametrize("part", COMMANDS)
def test_whatever_a_plugin_raises_is_one_message(collected, part, what):
    """It neither ends the process nor decides its code."""
    if part == "section":
        collected("evaluate")
    ended = collected(*COMMANDS[part], lie=f"{part}: {what}")

    assert "Traceback" not in ended.text
    assert "ccm stopped" not in ended.text
    if part == "section":  # what was evaluated stands, and the report says why a section is missing
        assert ended.code in {0, 3}
        return
    assert ended.code in {2, 3, 4}
    assert "fake_liar.py:" in ended.text + manifest_text(collected)
    assert "liar" in ended.text


def manifest_text(ccm) -> str:
    """Return the manifest of the newest run, as it is printed."""
    return ccm("runs", "show").text if ccm("runs", "list").out.strip() else ""


@pytest.mark.attack(
    "Plugins",
    "Code of a plugin returns nothing, a text or a number where something else belongs",
    "An error that names the part, what was got and what was expected",
)
@pytest.mark.parametrize("what", ["none", "text", "number"])
@pytest.mark.parametrize(
    "part", ["check", "review", "horizon", "settings schema", "schema", "view", "owners", "pack"]
)
def test_what_is_of_the_wrong_type_is_refused(collected, part, what):
    """Never taken for an empty answer."""
    ended = collected(*COMMANDS[part], lie=f"{part}: {what}")

    assert ended.code in {2, 3, 4}
    assert "expected" in ended.text
    assert "Traceback" not in ended.text


@pytest.mark.attack(
    "Plugins",
    "A hook prints while a command writes JSON",
    "Its line is on standard error, and the JSON is whole",
)
@pytest.mark.parametrize("part", ["hook", "view", "horizon", "owners", "pack"])
def test_what_a_plugin_prints_is_not_in_the_output(collected, part):
    """Whoever reads the output reads the host's alone."""
    ended = collected("evaluate", "--json", lie=f"{part}: print")

    json.loads(ended.out)
    assert "a line of the plugin" in ended.err


@pytest.mark.attack(
    "Plugins",
    "A view changes the records it was handed: a field, a list, an object in a list",
    "It cannot; its own rules are errors that name it, and every other rule reads the records",
)
@pytest.mark.parametrize(
    "lie", ["changes an object", "changes a list", "changes an object in a list", "adds a field"]
)
def test_a_view_cannot_change_what_others_read(collected, lie):
    """What another view derives is the same as without it."""
    # Rows that were derived honestly would be kept.
    ended = collected("evaluate", "--json", lie=f"view: {lie}")
    honest = statuses(collected("evaluate", "--json"))

    assert statuses(ended) == honest | {"counted": "error"}
    assert "view liar.changed" in ended.out
    assert "cannot be changed" in ended.out
    assert "fake_liar.py:" in ended.out


@pytest.mark.attack(
    "Plugins",
    "A view returns one text where the names of several objects belong",
    "Its rules are errors: the letters of the text are no names",
)
def test_a_view_whose_names_are_one_text_is_refused(collected):
    """Incomplete objects would not be found among the letters, and their rows would pass."""
    ended = collected("evaluate", "--json", lie="view: names are text")

    assert statuses(ended)["tagged"] == "error"


@pytest.mark.attack(
    "Plugins",
    "A view gives other rows each time, and a stored evaluation is reproduced",
    "The view is named; the stored evidence is not accused",
)
def test_an_impure_view_does_not_accuse_the_evidence(collected):
    """Exit 5 is for evidence that is not what was stored."""
    collected("evaluate", lie="view: is impure")
    ended = collected("evaluate", "--reproduce", lie="view: is impure")

    assert ended.code == 2
    assert "liar.changed" in ended.text
    assert "damaged" not in ended.text


@pytest.mark.attack(
    "Plugins",
    "A connector writes its key into an error, a shortfall, a note, a request, a diagnosis or "
    "what it tells of the credential; as it is, or encoded",
    "It is blanked in what is printed and in what is stored",
)
@pytest.mark.parametrize("how", ["leak", "leak encoded"])
@pytest.mark.parametrize(
    "part", ["connect", "collect", "shortfall", "note", "request", "check", "credential"]
)
def test_a_secret_in_a_text_is_blanked(ccm, part, how):
    """The host knows the secrets that it handed over."""
    printed = ccm("check" if part == "check" else "collect", lie=f"{part}: {how}")
    shown = manifest_text(ccm)
    stored = b"".join(path.read_bytes() for path in Path().glob("ccm.db*"))

    assert KEY not in printed.text + shown
    assert KEY.encode() not in stored
    assert "dXNlcjpsaWFyLWtleS" not in printed.text + shown


@pytest.mark.attack(
    "Plugins",
    "A schema marks a personal field with a misspelt mark, be it the prefix, or with a value that "
    "is none",
    "Nothing is collected: the kind, the loader's line and the nearest mark are named",
)
@pytest.mark.parametrize(
    ("lie", "named"),
    [
        ("mark", "did you mean x-ccm-privacy?"),
        ("mark with underscores", "did you mean x-ccm-privacy?"),
        ("mark of another prefix", "x-cmm-privacy; did you mean x-ccm-privacy?"),
        ("mark without its hyphen", "xccm-privacy; did you mean x-ccm-privacy?"),
        ("mark without its prefix", "x-privacy; did you mean x-ccm-privacy?"),
        ("mark of nobody", "X-Owner; known are x-ccm-privacy"),
        ("value", "expected one of keep, pseudonym, drop"),
    ],
)
def test_a_misspelt_mark_is_refused_before_anything_is_stored(ccm, lie, named):
    """The field would have been stored in clear."""
    ended = ccm("collect", lie=f"schema: {lie}")

    assert ended.code == 2
    assert named in ended.text
    assert "$.properties.email" in ended.text
    assert "fake_liar.py:" in ended.text
    assert ccm("runs", "list").out == ""


@pytest.mark.attack(
    "Plugins",
    "A kind or collector is offered with a text where a tuple or an enumeration belongs",
    "The plugin does not load, and the field is named",
)
@pytest.mark.parametrize(
    ("lie", "named"),
    [
        ("shape is text", "EvidenceKind liar.thing has shape of type str; expected Shape"),
        ("key is text", "EvidenceKind liar.thing has key of type str; expected a tuple of texts"),
        ("needs are text", "Collector of liar.thing has needs of type str"),
    ],
)
def test_an_offer_with_a_field_of_another_type_is_refused(ccm, lie, named):
    """A snapshot whose shape is a text would never see anything vanish."""
    ended = ccm("check", lie=f"offer: {lie}")

    assert ended.code == 2
    assert named in ended.text


@pytest.mark.attack(
    "Plugins",
    "A connector's own check of contradictions between kinds breaks",
    "The kinds that it should have held against each other are not complete",
)
@pytest.mark.parametrize("what", ["exit", "raise", "none", "text"])
def test_a_broken_cross_check_leaves_its_kinds_partial(ccm, what):
    """What was not compared is not taken for free of contradictions."""
    ended = ccm("collect", lie=f"cross check: {what}")

    assert ended.code in {3, 4}
    assert "a cross check of connector liar broke" in ended.text + manifest_text(ccm)


@pytest.mark.attack(
    "Plugins",
    "A plugin offers a kind by the name under which the host keeps the manifests of its runs",
    "Both owners of the name are named, and nothing is loaded",
)
def test_the_name_of_the_manifests_is_taken(ccm):
    """Its records would stand in for what the host itself observed."""
    ended = ccm("check", lie="offer: the kind of the manifests")

    assert ended.code == 2
    assert 'the name "liar.manifest" (kind or view) has 2 owners' in ended.text


@pytest.mark.attack(
    "Plugins",
    "A snapshot collector yields nothing, after a run that listed two objects",
    "The run fails and says so, and both objects stay as they were",
)
def test_a_silent_collector_removes_nothing(collected):
    """Nothing is a statement only where it was listed."""
    before = statuses(collected("evaluate", "--json"))
    ended = collected("collect", "--all", lie="collect: nothing")

    assert ended.code in {3, 4}
    assert "liar.thing.v1\t2" in collected("evidence", "list").out
    assert statuses(collected("evaluate", "--json")) == before


def test_debug_shows_the_traceback_without_the_secret(ccm):
    """For whoever mends the plugin."""
    ended = ccm("--debug", "collect", lie="collect: leak")

    assert "Traceback" in ended.err
    assert "in collect" in ended.err
    assert KEY not in ended.text
