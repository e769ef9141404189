"""What somebody does to an evidence package who has the signing key and the whole store."""

from __future__ import annotations

import json
from base64 import b64decode

from ccm_core.bundle.attestation import signed_statement
from ccm_core.bundle.deterministic_zip import ArchiveWriter
from ccm_core.bundle.verifier.archive import member_order
from ccm_core.bundle.verifier.bounds import LIMITS
from ccm_core.bundle.verifier.contents import digest
from ccm_core.bundle.verifier.statement import STATEMENT
from ccm_core.ledger import signed_note

UNBOUND = LIMITS._make(
    limit if isinstance(limit, int) else limit._replace(most=1 << 40) for limit in LIMITS
)
"""Whoever forges a package keeps to no bounds."""


class ForgedPackage:
    """The files of a genuine package, and the key to sign whatever is made of them."""

    def __init__(self, files, signer, ledger):
        self.files, self.signer, self.ledger = dict(files), signer, ledger
        self.predicate = json.loads(b64decode(json.loads(files[STATEMENT])["payload"]))["predicate"]

    def write(self, path):
        """Sign all of it anew, and write it as ccm writes packages; return the path."""
        digests = {
            name: digest(content).removeprefix("sha256:")
            for name, content in self.files.items()
            if name != STATEMENT
        }
        self.files[STATEMENT] = signed_statement(digests, self.predicate, self.signer)
        return write_package(path, self.files)

    def replace(self, name, old, new):
        """Replace a text in a file."""
        assert old in self.files[name]
        self.files[name] = self.files[name].replace(old, new)

    def move_line(self, source, target):
        """Move the first line of a file to another file."""
        line, _, self.files[source] = self.files[source].partition(b"\n")
        self.files[target] = line + b"\n" + self.files[target]

    def leave_out(self, log, removed):
        """Leave out leaves and what they speak of, and prove the rest rightly."""
        folder = f"ledger/{log}"
        lines = [line.split(b" ", 1) for line in self.files[f"{folder}/leaves.txt"].splitlines()]
        leaves = {int(number): json.loads(leaf) for number, leaf in lines}
        remaining = {number: leaf for number, leaf in leaves.items() if not removed(leaf)}
        assert len(remaining) < len(leaves)
        excerpt = self.ledger.prove_together(log, lambda _: remaining)
        self.files[f"{folder}/leaves.txt"] = b"".join(
            b"%d %s\n" % leaf for leaf in self.ledger.lines(log, excerpt.indexes)
        )
        self.files[f"{folder}/hashes.txt"] = b"".join(
            signed_note.encoded(part).encode() + b"\n" for part in excerpt.hashes
        )
        lost = {leaf.get("digest") for leaf in leaves.values()}
        lost -= {leaf.get("digest") for leaf in remaining.values()}
        for name in [name for name in self.files if name.startswith(("contents/", "evidence/"))]:
            contents = [
                line
                for line in self.files[name].splitlines(keepends=True)
                if digest(line.removesuffix(b"\n")) not in lost
            ]
            self.files[name] = b"".join(contents)
            if not contents:
                del self.files[name]


def write_package(path, files):
    """Write files as the archive of a package, in its one form; return its path."""
    with ArchiveWriter(path, UNBOUND) as archive:
        for name in sorted(files, key=member_order):
            archive.add(name, files[name])
    return str(path)
