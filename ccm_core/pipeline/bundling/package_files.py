"""Write the files of a bundle: the ledger, what its leaves speak of, and what follows from both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ccm_core.bundle.attestation import signed_statement
from ccm_core.bundle.deterministic_zip import ArchiveWriter
from ccm_core.bundle.line_differences import stated_by_difference
from ccm_core.bundle.package_bounds import key_notes
from ccm_core.bundle.published_verifier import published_verifier
from ccm_core.bundle.verifier.archive import member_order
from ccm_core.bundle.verifier.bounds import Limits
from ccm_core.bundle.verifier.contents import EVALUATIONS, KEPT, Contents, Expected, form_of
from ccm_core.bundle.verifier.evaluations import History
from ccm_core.bundle.verifier.package import Package, derived_files
from ccm_core.bundle.verifier.pages.page_files import MadeFile
from ccm_core.bundle.verifier.proofs.leaf_table import pack_digest, unpack_digest
from ccm_core.bundle.verifier.proofs.log_checks import named_keys
from ccm_core.bundle.verifier.statement import STATEMENT, VERIFIER
from ccm_core.ledger.multiproof import ProvenLeaves
from ccm_core.ledger.signed_note import Signer, VerifierKey, encoded
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.store.interface.ledger import LedgerStore


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleContent:
    """Everything that goes into a bundle, before it is written."""

    package: Package
    excerpts: Sequence[ProvenLeaves]
    """The store's own log first."""
    history: History
    files: Expected
    """What leaves speak of; a file of which everything was erased is not written."""
    predicate: JsonObject
    limits: Limits

    @property
    def notes(self) -> Sequence[str]:
        """With which the keys of the store began."""
        return [note for _, _, note in named_keys(self.package.store_log)]


def write_files(
    ledger: LedgerStore, archive: ArchiveWriter, content: BundleContent, signer: Signer
) -> None:
    """Write every file of a bundle, the signed statement last.

    Raises:
        BoundExceeded: Contents are larger than a verifier reads.
    """
    for excerpt in sorted(content.excerpts, key=lambda excerpt: f"{excerpt.log}/"):
        folder = f"ledger/{excerpt.log}"
        archive.add(f"{folder}/checkpoint.txt", excerpt.checkpoint.encode())
        archive.add(
            f"{folder}/hashes.txt",
            *(f"{encoded(digest)}\n".encode() for digest in excerpt.hashes),
            b"",
        )
        lines = ledger.lines(excerpt.log, excerpt.indexes)
        archive.stream(f"{folder}/leaves.txt", (b"%d %s\n" % line for line in lines))
    contents = _write_contents(ledger, archive, content)
    for name, note in key_notes(content.notes).items():
        archive.add(name, note.encode())
    predicate = content.predicate
    key = str(VerifierKey(predicate["origin"], signer.public))
    derived = derived_files(content.package, predicate, content.history, contents, key)
    files: dict[str, MadeFile] = {**derived, VERIFIER: lambda: [published_verifier()]}
    for name in sorted(files, key=member_order):
        archive.stream(name, files[name]())
    archive.add(STATEMENT, signed_statement(archive.digests, predicate, signer))


def _write_contents(
    ledger: LedgerStore, archive: ArchiveWriter, content: BundleContent
) -> Contents:
    """Write what the leaves speak of; return what is there, as a verifier reads it."""
    contents = Contents(content.files, set(), {})
    for name in sorted(content.files, key=member_order):
        lines = _lines(ledger, name, content.files[name], contents)
        bounded = _bounded_lines(name, lines, contents, content.limits)
        archive.stream(name, stated_by_difference(bounded) if name == EVALUATIONS else bounded)
    return contents


def _bounded_lines(
    name: str, lines: Iterable[bytes], contents: Contents, limits: Limits
) -> Iterator[bytes]:
    size = sum(len(content) + 1 for content in contents.kept.values())
    whole = 0
    for line in lines:
        size, whole = size + len(line), whole + len(line)
        if name == EVALUATIONS:
            limits.whole.check(name, whole)
        if name in KEPT:
            limits.again.check("the package", size)
        if not name.startswith("packs/"):
            limits.line.check(name, len(line.rstrip(b"\n")))
        yield line


def _lines(
    ledger: LedgerStore, name: str, digests: Iterable[bytes], contents: Contents
) -> Iterator[bytes]:
    for digest, content in ledger.contents(form_of(name), map(unpack_digest, digests)):
        if content is None:  # it was erased, and a leaf says so; the verifier looks for it
            contents.absent.add(pack_digest(digest))
            continue
        if name in KEPT:
            contents.kept[digest] = content
        yield content if name == EVALUATIONS or name.startswith("packs/") else content + b"\n"
