"""The files of an evidence package that are made of proven contents, for writer and verifier."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import zip_longest

from ccm_core.bundle.verifier.pages.facts import PageFacts, sample_of_test
from ccm_core.bundle.verifier.pages.front import front_page
from ccm_core.bundle.verifier.pages.item_pages import (
    exceptions_page,
    populations_page,
    samples_page,
)
from ccm_core.bundle.verifier.pages.method import method_page
from ccm_core.bundle.verifier.pages.period_paper import period_page
from ccm_core.bundle.verifier.pages.readme import readme
from ccm_core.bundle.verifier.pages.tables import (
    csv_chunks,
    exceptions_table_rows,
    population_rows,
    sample_rows,
)

MadeFile = Callable[[], Iterable[bytes]]
"""Makes a file anew, chunk by chunk, so that none has to be in memory as a whole."""
PIECE_SIZE = 4096
SHOWN, BEFORE = 160, 20
"""How many bytes of a difference are shown, and how many of them before it."""
READABLE = (
    "README.txt",
    "index.html",
    "pages/exceptions.html",
    "pages/method.html",
    "pages/period.html",
    "pages/populations.html",
    "pages/samples.html",
    "tables/exceptions.csv",
    "tables/populations.csv",
    "tables/samples.csv",
)
"""What is made for people."""


def page_files(facts: PageFacts) -> dict[str, MadeFile]:
    """Return what makes each file for people, by its name."""
    samples = [sample_of_test(facts, rule) for rule in facts.predicate["rules"]]
    makers: tuple[MadeFile, ...] = (
        lambda: [readme(facts)],
        lambda: [front_page(facts)],
        lambda: [exceptions_page(facts)],
        lambda: [method_page(facts)],
        lambda: [period_page(facts)],
        lambda: populations_page(facts),
        lambda: [samples_page(facts, samples)],
        lambda: csv_chunks(exceptions_table_rows(facts)),
        lambda: csv_chunks(population_rows(facts)),
        lambda: csv_chunks(sample_rows(facts, samples)),
    )
    return dict(zip(READABLE, makers))


def sha256_of(chunks: Iterable[bytes]) -> str:
    """Return the SHA-256 of a file that is made, in hexadecimal digits."""
    made = hashlib.sha256()
    for chunk in chunks:
        made.update(chunk)
    return made.hexdigest()


def first_difference(expected: Iterable[bytes], actual: Iterable[bytes]) -> str:
    """Return where a file first differs from what it should be, for whoever reads a problem."""
    for (line, here), (other, there) in zip_longest(
        numbered_pieces(expected), numbered_pieces(actual), fillvalue=(0, b"")
    ):
        if here != there:
            shorter = min(len(here), len(there))
            different = (i for i in range(shorter) if here[i] != there[i])
            at = max(0, next(different, shorter) - BEFORE)
            return (
                f"line {line or other}: expected {shown_piece(here, at)}, "
                f"got {shown_piece(there, at)}"
            )
    return "nowhere"


def shown_piece(piece: bytes, start: int) -> str:
    """Return a part of a line, or that there is none."""
    shown = piece[start : start + SHOWN].decode("utf-8", "replace")
    return repr(shown) if piece else "the end of the file"


def numbered_pieces(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file with their numbers; long ones in pieces, so that none is large."""
    number, rest = 1, b""
    for chunk in chunks:
        for start in range(0, len(chunk), PIECE_SIZE):
            *lines, rest = (rest + chunk[start : start + PIECE_SIZE]).split(b"\n")
            for line in lines:
                yield from ((number, piece) for piece in pieces_of(line + b"\n"))
                number += 1
            while len(rest) >= 2 * PIECE_SIZE:
                yield number, rest[:PIECE_SIZE]
                rest = rest[PIECE_SIZE:]
    yield from ((number, piece) for piece in pieces_of(rest))


def pieces_of(line: bytes) -> Iterator[bytes]:
    """Yield a line in pieces of one size."""
    for start in range(0, len(line), PIECE_SIZE):
        yield line[start : start + PIECE_SIZE]


def readable_files(files: Mapping[str, MadeFile]) -> dict[str, MadeFile]:
    """Return those of some files that are made for people."""
    return {name: make for name, make in files.items() if name in READABLE}
