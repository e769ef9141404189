"""``ccm report``: which formats go where, and which part of an evaluation is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ccm_core.cli.verbs.report_targets import report_targets
from ccm_core.errors import UsageError


def where(formats, output=None):
    """Give format and path as text, for comparing."""
    return [(one.form, one.path and one.path.as_posix()) for one in report_targets(formats, output)]


@pytest.mark.parametrize(
    ("formats", "output", "placed"),
    [
        pytest.param([], None, [("text", None)], id="nothing said"),
        pytest.param(["html"], None, [("html", None)], id="printed"),
        pytest.param(["html"], "a/b.html", [("html", "a/b.html")], id="a file"),
        pytest.param([], "x.oscal.json", [("oscal", "x.oscal.json")], id="by its ending"),
        pytest.param([], "x.JSON", [("json", "x.JSON")], id="by its ending in capitals"),
        pytest.param([], "x.pdf", [("text", "x.pdf")], id="an ending that says nothing"),
        pytest.param(["csv"], "out/", [("csv", "out/ccm-report.csv")], id="into a folder"),
        pytest.param(
            ["html", "sarif"],
            "out",
            [("html", "out/ccm-report.html"), ("sarif", "out/ccm-report.sarif")],
            id="several into a folder",
        ),
        pytest.param(
            ["sarif=x.sarif", "text"], None, [("sarif", "x.sarif"), ("text", None)], id="own file"
        ),
        pytest.param(
            ["sarif=x.sarif", "html"],
            "y.html",
            [("sarif", "x.sarif"), ("html", "y.html")],
            id="own file, and a file for the other",
        ),
    ],
)
def test_report_formats_go_to_their_targets(tmp_path: Path, monkeypatch, formats, output, placed):
    """What is said of formats and of the output decides together."""
    monkeypatch.chdir(tmp_path)
    assert where(formats, output) == placed


@pytest.mark.parametrize(
    ("formats", "output", "message"),
    [
        pytest.param(
            ["pdf"], None, "--format pdf: no such format; expected one of csv, html,", id="unknown"
        ),
        pytest.param(["html="], None, "name a file after the equals sign", id="no file"),
        pytest.param(
            ["html", "csv"], None, "--format html and csv: say where each goes", id="no place"
        ),
        pytest.param(
            ["html=x", "csv=x"], None, "html and csv would both go to x", id="the same file"
        ),
        pytest.param(["html", "html"], "out", "both go to out/ccm-report.html", id="twice"),
        pytest.param(["html=x"], "y", "every format names its file already", id="no use for -o"),
    ],
)
def test_report_targets_that_clash_are_refused(formats, output, message):
    """Whoever asks for what cannot be done is told why, and what to write."""
    with pytest.raises(UsageError) as refused:
        report_targets(formats, output)
    assert message in str(refused.value)


def test_report_writes_several_formats_in_one_call(ccm, evaluated, folder):
    """One call writes them all, and each is of the same evaluation."""
    ran = ccm(
        "report", "--format", "json", "--format", "oscal", "--format", "csv=x.csv", "-o", "out"
    )
    assert ran.code == 0
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "ccm-report.json",
        "ccm-report.oscal.json",
    ]
    moment = json.loads((folder / "out/ccm-report.json").read_text())["evaluation"]["evaluated_at"]
    assert moment in (folder / "x.csv").read_text("utf-8-sig")
    assert moment in (folder / "out/ccm-report.oscal.json").read_text()


def test_a_filtered_report_says_what_it_covers(ccm, evaluated):
    """One control: its rules alone, and the report says what it leaves out."""
    control = next(one for one in evaluated["controls"] if one["id"] == "CC7.4")
    part = json.loads(ccm("report", "--format", "json", "--control", "soc2:CC7.4").out)
    assert part["scope"] == ["control soc2:CC7.4"]
    assert [one["rule"] for one in part["evaluation"]["rules"]] == [
        one["rule"] for one in evaluated["rules"] if one["rule"] in control["rules"]
    ]
    assert "only control soc2:CC7.4" in ccm("report", "--control", "soc2:CC7.4").out


@pytest.mark.parametrize(
    ("arguments", "scope"),
    [
        pytest.param(["--status", "fail"], ["status fail"], id="status"),
        pytest.param(
            ["--severity", "high", "--severity", "critical"],
            ["severity high", "severity critical"],
            id="severities",
        ),
        pytest.param(["--owner", "{team}"], ["owner {team}"], id="owner"),
    ],
)
def test_a_report_filtered_by_results_keeps_every_conclusion(ccm, evaluated, arguments, scope):
    """It lists fewer results; statuses and populations are those of the whole evaluation."""
    results = [one for rule in evaluated["rules"] for one in rule["results"]]
    team = next(name for one in results for name in one["subject"]["owners"])
    options = [one.format(team=team) for one in arguments]
    scope = [one.format(team=team) for one in scope]
    part = json.loads(ccm("report", "--format", "json", *options).out)
    assert part["scope"] == scope
    rules = {rule["rule"]: rule for rule in evaluated["rules"]}
    listed = part["evaluation"]["rules"]
    for rule in listed:
        of_whole = rules[rule["rule"]]
        assert (rule["status"], rule["population"]) == (of_whole["status"], of_whole["population"])
    assert 0 < sum(len(rule["results"]) for rule in listed) < len(results)
    controls = {(one["framework"], one["id"]): one for one in evaluated["controls"]}
    assert all(
        one == controls[one["framework"], one["id"]] for one in part["evaluation"]["controls"]
    )


def test_an_unknown_report_filter_is_refused(ccm, evaluated):
    """A control that no rule supports is a mistake, and the known ones are named."""
    ran = ccm("report", "--control", "soc2:CC9.9", "--framework", "nist")
    assert ran.code == 2
    assert "control 'soc2:CC9.9' not found in this evaluation; it has: " in ran.err
    assert "framework 'nist' not found in this evaluation; it has: " in ran.err
    assert "owner 'Nobody' not found" in ccm("report", "--owner", "Nobody").err
    assert "'critical', 'high'" in ccm("report", "--severity", "worst").err
    assert "'pass', 'fail'" in ccm("report", "--status", "bad").err


def test_a_report_that_cannot_be_written_leaves_no_half_file(ccm, evaluated, folder):
    """A folder that is a file is told, and nothing is left behind."""
    (folder / "blocked").write_text("")
    ran = ccm("report", "--format", "html", "--format", "csv", "-o", "blocked/here")
    assert ran.code == 2
    assert "the report cannot be written to blocked/here/ccm-report.html" in ran.err


def test_report_of_a_period_is_written(ccm, evaluated, folder, validators):
    """Conclusions and samples of what was judged, narrowed to a control or a framework."""
    day = evaluated["evaluated_at"][:10]
    ran = ccm("report", "--period", day, "--format", "html", "--format", "csv", "-o", "out")
    assert ran.code == 0
    names = sorted(path.name for path in (folder / "out").iterdir())
    assert names == ["ccm-period.csv", "ccm-period.html"]
    whole = ccm("report", "--period", day, "--format", "json")
    assert validators("period-report.v1").problems(whole.json) == []
    assert whole.json["sampling"]["sample_size"] is None
    largest = {"up_to": None, "low": 25, "medium": 40, "high": 60}
    assert whole.json["sampling"]["sizes"][-1] == largest
    part = ccm("report", "--period", day, "--control", "soc2:CC7.4", "--samples", "3").out
    assert part.startswith(f"## {day}: 1 control: 1 with evidence incomplete")
    csv = ccm("report", "--period", day, "--format", "csv", "--framework", "soc2", "--samples", "3")
    controls = " ".join(line.split('","')[3] for line in csv.out.splitlines()[1:]).split()
    assert {control.partition(":")[0] for control in controls} == {"soc2"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--period", "2026-Q9"], "is not a period", id="no period"),
        pytest.param(["--period", "2026", "--status", "fail"], "of one evaluation", id="status"),
        pytest.param(["--period", "2026", "--as-of", "2026-01-01T00:00:00Z"], "exclude", id="both"),
        pytest.param(
            ["--period", "2026", "--format", "sarif"], "csv, html, json, markdown", id="form"
        ),
        pytest.param(
            ["--period", "2026", "--framework", "x"], "no rule supports x", id="framework"
        ),
    ],
)
def test_period_report_errors_name_the_reason(ccm, evaluated, arguments, message):
    """One line, exit code 2."""
    ran = ccm("report", *arguments)
    assert (ran.code, message in ran.err) == (2, True)
