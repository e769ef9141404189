"""The pages of a package say what the host says of the same period."""

from __future__ import annotations

import csv
import json

from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.model.period import parse_period
from ccm_core.pipeline.period_report import period_input


def rows_of(package, name):
    """Return the rows of a table."""
    return list(csv.DictReader(package[name].decode("utf-8-sig").splitlines()))


def test_each_item_of_a_test_is_in_the_populations_with_its_result(whole):
    """As many as the conclusions count, each figure for itself."""
    package = read_archive(str(whole))
    rows = rows_of(package, "tables/populations.csv")
    (control,) = json.loads(package["assurance.json"])["controls"]
    assert sum(test["population"] for test in control["tests"]) == len(rows) > 0
    for test in control["tests"]:
        results = [row["result"] for row in rows if row["rule"] == test["rule"]]
        assert results.count("passed") == test["passed"]
        assert results.count("failed") == test["failed"]
        assert results.count("open at the cut-off") == test["open"]
        inconclusive = [result for result in results if result.startswith("inconclusive")]
        assert len(inconclusive) == test["inconclusive"]


def test_samples_are_of_the_populations_and_begin_with_the_smallest_key(whole):
    """Anybody ranks the populations by the seed, and finds the same."""
    from hashlib import sha256

    package = read_archive(str(whole))
    population = rows_of(package, "tables/populations.csv")
    samples = rows_of(package, "tables/samples.csv")
    assert samples
    for rule in {row["rule"] for row in population}:
        drawn = [row["result_id"] for row in samples if row["rule"] == rule]
        seed = samples[0]["random_seed"]
        ids = [row["result_id"] for row in population if row["rule"] == rule]
        ranked = sorted(ids, key=lambda name: sha256(f"{seed}\n{name}".encode()).hexdigest())
        of_rule = [row for row in samples if row["rule"] == rule]
        ((number, size),) = {(row["population"], row["sample_size"]) for row in of_rule}
        assert int(number) == len(ids)
        assert drawn == ranked[: int(size)]


def test_the_samples_of_a_package_are_those_of_the_period_report(whole, old_firm):
    """For each test the same population, risk and size, and the same items in the same order."""
    period, controls = parse_period("2026-08"), [("soc2", "CC7.4")]
    arguments = (old_firm.host, [old_firm.connection()], old_firm.store, old_firm.ruling()[0])
    sampling = period_input(*arguments, period, controls).sampling
    samples = rows_of(read_archive(str(whole)), "tables/samples.csv")
    assert {row["random_seed"] for row in samples} == {sampling.random_seed}
    reported = [
        (test.rule, test.risk, str(test.population), str(test.sample_size), sample.id)
        for test in sampling.tests
        for sample in test.samples
    ]
    columns = ("rule", "risk", "population", "sample_size", "result_id")
    assert [tuple(row[column] for column in columns) for row in samples] == reported
    assert len({test.sample_size for test in sampling.tests}) > 1


def test_the_pages_link_to_what_is_in_the_package(whole):
    """And to nothing else."""
    import re
    from posixpath import join, normpath

    package = read_archive(str(whole))
    pages = [name for name in package if name.endswith(".html")]
    assert len(pages) == 6
    for page in pages:
        folder = page.rpartition("/")[0]
        for link in re.findall(r'href="([^"]*)"', package[page].decode()):
            assert normpath(join(folder, link)) in package, (page, link)
