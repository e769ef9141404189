"""A package that would keep its verifier busy, or fill its memory, is refused within bounds."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys

import pytest
from forging import ForgedPackage, write_package

from ccm_core.bundle.published_verifier import published_verifier
from ccm_core.bundle.verifier.archive import read_archive

SECONDS, MEGABYTES = 20, 1200
"""What a verifier may need for any package of 12 MB, on a slow and busy machine."""

MEASURE = """
import re, runpy, sys, time
sys.argv = ["trusted.py", sys.argv[1]]
begun = time.process_time()
try:
    runpy.run_path("trusted.py", run_name="__main__")
finally:
    peak = re.search("VmHWM: *([0-9]+)", open("/proc/self/status").read().replace("\\t", " "))
    megabytes = int(peak[1]) // 1024
    print(f"{time.process_time() - begun:.1f} {megabytes}")
"""


@pytest.fixture
def genuine(whole, old_firm):
    """Return a genuine package in the hands of whoever owns the key."""
    return ForgedPackage(read_archive(str(whole)), old_firm.signer, old_firm.store.ledger)


@pytest.fixture
def measured(tmp_path):
    """Run the published verifier; return its output, and how much it needed."""
    (tmp_path / "trusted.py").write_bytes(published_verifier())

    def run(path):
        completed = subprocess.run(  # noqa: S603 - this interpreter, on files of this test
            [sys.executable, "-I", "-S", "-c", MEASURE, path],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        *lines, cost = completed.stdout.splitlines()
        seconds, megabytes = cost.split()
        sys.stdout.write(f"{seconds} s, {megabytes} MB: {lines[-2][:200]}\n")
        assert completed.returncode == 5, completed
        assert float(seconds) < SECONDS
        assert int(megabytes) < MEGABYTES
        return "\n".join(lines)

    return run


def junk_signatures(note, count):
    """Return a note with many signatures that name the right key and are wrong."""
    _, _, line = note.rstrip(b"\n").rpartition(b"\n")
    dash, name, signature = line.split(b" ")
    number = base64.b64decode(signature)[:4]
    source = random.Random(1)  # noqa: S311 - not a secret
    lines = [
        b" ".join((dash, name, base64.b64encode(number + source.randbytes(64))))
        for _ in range(count)
    ]
    return note.replace(line, b"\n".join(lines))


def many_signatures(forged):
    """Sign a checkpoint 20,000 times, wrongly."""
    name = "ledger/firm/checkpoint.txt"
    forged.files[name] = junk_signatures(forged.files[name], 20_000)


def signatures_up_to_the_bound(forged):
    """Sign every note as often as a verifier reads it, wrongly."""
    for name in [name for name in forged.files if name.endswith("/checkpoint.txt")]:
        forged.files[name] = junk_signatures(forged.files[name], 32)


def many_keys(forged):
    """Add keys."""
    note = forged.files["keys/0001.txt"]
    forged.files.update({f"keys/{number:04}.txt": note for number in range(2, 2000)})


def many_leaves(forged):
    """Fill a log with more leaves than a verifier reads, which say nothing."""
    forged.files["ledger/firm/leaves.txt"] = b"".join(b"%d {}\n" % n for n in range(1_000_001))


def leaves_up_to_the_bound(forged):
    """Fill a log with as many leaves as a verifier reads."""
    forged.files["ledger/firm/leaves.txt"] = b"".join(
        b'%d {"leaf":"x","id":"%d"}\n' % (n, n) for n in range(990_000)
    )


def leaves_of_brackets(forged):
    """Fill a log with leaves that are large in memory."""
    leaf = b'{"heads":[%s]}' % b",".join([b"{}"] * 60_000)
    size = int(forged.files["ledger/@store/checkpoint.txt"].split(b"\n")[1])
    forged.files["ledger/@store/leaves.txt"] = b"".join(b"%d %s\n" % (n, leaf) for n in range(size))


def a_line_without_end(forged):
    """Write evaluations as one line of 260 MB."""
    forged.files["contents/evaluations.jsonl"] = b"[" * (260 << 20)


def many_lines(forged):
    """Fill a file of evidence with lines that no leaf speaks of: 240 MB."""
    forged.files["evidence/firm/pagerduty.incident.jsonl"] = b"{}\n" * (80 << 20)


def many_collections(forged):
    """Fill the collections, which a verifier reads again."""
    forged.files["contents/collections.jsonl"] = b"{}\n" * (80 << 20)


def a_deep_statement(forged):
    """Nest the statement."""
    forged.predicate["opinion"] = json.loads("[" * 400 + "]" * 400)


BURDENS = {
    "20,000 signatures": (many_signatures, "20,000 signatures in a note, at most 32"),
    "wrong signatures up to the bound": (signatures_up_to_the_bound, "is not signed by"),
    "2,000 keys": (many_keys, "1,999 signing keys, at most 256"),
    "leaves that say nothing": (many_leaves, "and the package has leaf"),
    "leaves up to the bound": (leaves_up_to_the_bound, "and the package has leaf"),
    "leaves of brackets": (leaves_of_brackets, "hardly anything but brackets"),
    "a line of 260 MB": (a_line_without_end, "bytes in a line, at most"),
    "lines that no leaf speaks of": (many_lines, "no leaf of the ledger names"),
    "collections that no leaf speaks of": (many_collections, "no leaf of the ledger names"),
    "a statement of 400 brackets": (a_deep_statement, "brackets open at a time, at most 100"),
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured in /proc")
@pytest.mark.attack(
    "Evidence packages",
    "A package of 12 MB holds thousands of wrong signatures, or unpacks to hundreds of megabytes "
    "of leaves, lines or brackets",
    "The verifier refuses it in seconds, and in less memory than a browser needs",
)
@pytest.mark.parametrize("name", BURDENS)
def test_a_verifier_is_not_kept_busy(genuine, measured, tmp_path, name):
    """Each is padded to 12 MB that no program compresses, as its author would."""
    burden, text = BURDENS[name]
    burden(genuine)
    genuine.files["verify.py"] = random.Random(2).randbytes(12 << 20)  # noqa: S311 - no secret
    assert text in measured(genuine.write(tmp_path / "burden.zip"))


@pytest.mark.no_cover
@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured in /proc")
def test_a_package_is_refused_by_what_it_declares(tmp_path, measured):
    """Before anything is unpacked."""
    path = write_package(tmp_path / "bomb.zip", {"evidence/a/zeros": bytes(200 << 20)})
    assert "bytes in its files from" in measured(path)
