"""What a verifier refuses for its size is refused before it is written, and named."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from types import SimpleNamespace

import pytest

from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.bundle.verifier.bounds import FREE_PARTS, LIMITS, Limits
from ccm_core.bundle.verifier.contents import EVALUATIONS, KEPT, content_lines
from ccm_core.bundle.verifier.main import verify
from ccm_core.bundle.verifier.proofs.signed_note import read_note
from ccm_core.cli.terminal.exit_codes import Exit, error_code
from ccm_core.errors import UsageError
from ccm_core.model.period import parse_period
from ccm_core.pipeline.bundle import BundleRequest, bundle


class MeasuredPackage:
    """A package, and how much there is of everything that has a bound."""

    def __init__(self, path):
        self.path, self.files = path, read_archive(str(path))

    @property
    def size(self):
        """All bytes of its files."""
        return sum(map(self.files.size, self.files))

    @property
    def ratio(self):
        """How many bytes unpack from one, rounded up."""
        return ceil(self.size / sum(entry.packed for entry in self.files._members.values()))

    @property
    def evaluations(self):
        """The evaluations as they are whole."""
        return list(content_lines(self.files, EVALUATIONS))

    @property
    def notes(self):
        """The signed notes: of the logs, and of the keys."""
        names = [name for name in self.files if name.endswith("/checkpoint.txt")]
        return [self.files[name] for name in (*names, *self.under("keys/"))]

    def under(self, folder):
        """Return the names of the files of a folder."""
        return [name for name in self.files if name.startswith(folder)]

    def lines(self, ending):
        """Return the lines of each of the files whose names end so."""
        return [list(self.files.lines(name)) for name in self.files if name.endswith(ending)]


MEASURES = {
    "files": lambda package: len(package.files),
    "name": lambda package: max(len(name.encode()) for name in package.files),
    "packed": lambda package: package.path.stat().st_size,
    "unpacked": lambda package: package.size,
    "ratio": lambda package: package.ratio,
    "line": lambda package: max(
        len(line) for lines in (*package.lines(".jsonl"), package.evaluations) for line in lines
    ),
    "whole": lambda package: sum(map(len, package.evaluations)),
    "again": lambda package: sum(package.files.size(name) for name in KEPT & set(package.files)),
    "statement": lambda package: package.files.size("statement.json"),
    "keys": lambda package: len(package.under("keys/")),
    "note": lambda package: max(map(len, package.notes)),
    "signatures": lambda package: max(len(read_note(note)[1]) for note in package.notes),
    "logs": lambda package: len(package.lines("/checkpoint.txt")),
    "ledger": lambda package: sum(map(package.files.size, package.under("ledger/"))),
    "leaves": lambda package: max(map(len, package.lines("/leaves.txt"))),
    "leaf": lambda package: max(
        len(line.partition(b" ")[2]) for lines in package.lines("/leaves.txt") for line in lines
    ),
}
"""By the bound, how much of it a package has."""


@pytest.fixture(scope="session")
def measured(whole):
    """Return the package of two days, measured."""
    return MeasuredPackage(whole)


def limits_of(name, most):
    """Return the bounds of everybody, but for one."""
    others = {"free": 0} if name == "ratio" else {}
    return LIMITS._replace(**{name: getattr(LIMITS, name)._replace(most=most)}, **others)


def write(company, path, limits, controls=(("soc2", "CC7.4"),)):
    """Write a package for readers with such bounds."""
    order = BundleRequest(
        connections=[company.connection()],
        period=parse_period("2026-08"),
        controls=controls,
        limits=limits,
    )
    return bundle(company.host, company.store, order, company.signer, path)


def test_every_bound_has_a_case():
    """A bound that is new is measured as well."""
    assert set(MEASURES) == set(Limits._fields) - {"free"}


@pytest.mark.parametrize("name", MEASURES)
def test_a_package_up_to_a_bound_is_made_and_verified(old_firm, measured, tmp_path, name):
    """It is the same, byte for byte, as one for readers of larger packages."""
    limits = limits_of(name, MEASURES[name](measured))
    path = tmp_path / "b.zip"
    write(old_firm, path, limits)
    assert verify(str(path), limits=limits)[1] == []
    assert path.read_bytes() == measured.path.read_bytes()


@pytest.mark.attack(
    "Evidence packages",
    "A package is requested that is larger, in any way, than a verifier reads",
    "Refused before it is written: what is too much, how much there is, what is read, why, and the "
    "next step",
)
@pytest.mark.parametrize("name", MEASURES)
def test_a_package_beyond_a_bound_is_not_written(old_firm, measured, tmp_path, name):
    """In the words of the verifier, with the next step; an older file stays as it was."""
    count = MEASURES[name](measured)
    limits = limits_of(name, count - 1)
    path = tmp_path / "b.zip"
    path.write_bytes(b"as it was")
    with pytest.raises(UsageError) as refused:
        write(old_firm, path, limits)
    assert error_code(refused.value) == Exit.USAGE
    message, _, step = str(refused.value).partition("; nothing was written. ")
    bound = getattr(limits, name)
    assert bound.reason in message
    if name != "ratio":
        assert f"{count:,} {bound.unit}, at most {bound.most:,} are read" in message
    assert "a shorter period" in step or "begin a new store" in step
    assert [entry.name for entry in tmp_path.iterdir()] == ["b.zip"]
    assert path.read_bytes() == b"as it was"


@pytest.mark.parametrize("name", MEASURES)
def test_the_verifier_refuses_what_is_not_written(measured, name):
    """With the name of the bound, and as nothing else than a matter of size."""
    limits = limits_of(name, MEASURES[name](measured) - 1)
    _, problems = verify(str(measured.path), limits=limits)
    assert len(problems) == 1
    assert getattr(limits, name).reason in problems[0]


BEFORE = set(MEASURES) - {"packed", "unpacked", "ratio", "line", "whole", "again"}
"""The others show only while contents are compressed, into a file that is removed."""


@pytest.mark.parametrize("name", sorted(BEFORE))
def test_what_leaves_show_is_refused_before_a_file_is_opened(old_firm, measured, tmp_path, name):
    """There is not even a folder to write to."""
    limits = limits_of(name, MEASURES[name](measured) - 1)
    with pytest.raises(UsageError, match="are read, as"):
        write(old_firm, tmp_path / "none" / "b.zip", limits)


class UnreadLedger:
    """The ledger of a store, of which only the store's own log may be read."""

    def __init__(self, ledger):
        self._ledger = ledger

    def __getattr__(self, name):
        """Pass on all else."""
        return getattr(self._ledger, name)

    def leaves(self, log="@store"):
        """Refuse the logs of connections."""
        assert log == "@store", f"the log {log} was read"
        return self._ledger.leaves(log)


def test_more_records_than_a_verifier_reads_are_refused_before_they_are_read(old_firm, tmp_path):
    """What collections counted says so; an account of any size is refused in moments."""
    store = SimpleNamespace(
        ledger=UnreadLedger(old_firm.store.ledger),
        runs=old_firm.store.runs,
        evaluations=old_firm.store.evaluations,
    )
    order = BundleRequest(
        connections=[old_firm.connection()],
        period=parse_period("2026-08"),
        controls=[("soc2", "CC7.4")],
        limits=limits_of("leaves", old_firm.store.ledger.head().size),
    )
    with pytest.raises(
        UsageError, match=r"the log firm: [\d,]+ leaves, at most .* a shorter period"
    ):
        bundle(old_firm.host, store, order, old_firm.signer, tmp_path / "b.zip")


def test_a_document_that_would_fill_the_memory_is_refused_before(firm, write_bundle, tmp_path):
    """A waiver of thousands of subjects with keys of one letter; the document is named."""
    compiled, ruling = firm.ruling()
    waiver = replace(ruling.waivers[0], subjects=("x",) * 3 * FREE_PARTS)
    firm.ruling = lambda: (compiled, replace(ruling, waivers=[waiver]))
    firm.evaluate()
    with pytest.raises(UsageError, match=r"the inputs sha256:\w+: [\d,]+ commas in .* at most"):
        write_bundle(firm, tmp_path / "b.zip")
    assert not list(tmp_path.glob("*.zip*"))
