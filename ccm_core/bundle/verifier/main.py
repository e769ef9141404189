"""Verify an evidence package. Needs Python 3.9 and nothing else: no network, no account.

    python3 verify.py BUNDLE.zip [KEY]

KEY is the public key that you received by another way than this package, or a file that holds it.
Without it the package is only shown to agree with itself, and the key that signed it is printed.
Take this file from somewhere you trust, such as ccm_core/bundle/verifier/verify.py of ccm-core: a
package that was changed may hold a verifier that was changed.

1. The archive is plain: no name twice, no path that leads out of a folder, no decompression bomb.
2. The statement (in-toto, in a DSSE envelope) is signed, and names every file with its digest.
3. Each key of the store was handed over by the key before it, and signs only from then on until
   it hands over itself: each checkpoint is signed by the key that the ledger named last.
4. The leaves of each log lead to its signed checkpoint (Merkle trees of RFC 9162): none is forged.
   They lead to every checkpoint that was stated before as well: no history was rewritten.
5. All contents have the digests that leaves name; only what was erased by order is missing.
6. Nothing was left out: each collection has what it counted, each population has its root, each
   run has its collections, and the store stated its heads after every run and evaluation.
7. The evidence behind the results, and the rule packs that gave them, are here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ccm_core.bundle.verifier.archive import Files, UnreadableBundle, read_archive
from ccm_core.bundle.verifier.completeness import check_collections, check_runs
from ccm_core.bundle.verifier.contents import Leaves, read_contents
from ccm_core.bundle.verifier.log_checks import STORE_LOG, check_named_keys, read_logs, signer_of
from ccm_core.bundle.verifier.results import check_results
from ccm_core.bundle.verifier.signed_note import read_key
from ccm_core.bundle.verifier.statement import read_statement, trusted_keys


def main(arguments: Sequence[str]) -> int:
    """Verify the package that is named; return 0 where it verifies, 5 where not, 2 for misuse."""
    if not 1 <= len(arguments) <= 2 or arguments[0].startswith("-"):
        print((__doc__ or "").strip())
        return 2
    try:
        key = read_key(arguments[1]) if len(arguments) > 1 else None
        open(arguments[0], "rb").close()
    except (OSError, ValueError) as error:
        print(f"cannot be used: {error}")
        return 2
    facts, problems = verify(arguments[0], key)
    print("\n".join([*facts, *(f"PROBLEM: {problem}" for problem in problems)]))
    count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    print(f"{arguments[0]}: {count if problems else 'verified'}")
    return 5 if problems else 0


def verify(path: str, key: str | None = None) -> tuple[list[str], list[str]]:
    """Verify a package; return what it states of itself, and every problem.

    Args:
        path: The file.
        key: The public key that is trusted, as ``name+id+base64``; None: whatever key is in it.
    """
    facts: list[str] = []
    problems: list[str] = []
    try:
        files = read_archive(path)
        keys = trusted_keys(files, key, problems)
        predicate = read_statement(files, keys, problems)["predicate"]
        logs = read_logs(files, keys, problems)
        check_named_keys(files, logs, problems)
        contents = read_contents(files, logs, predicate, problems)
        check_nothing_left_out(files, logs, predicate, contents, problems)
        check_results(predicate, logs, contents, problems)
        facts.extend(describe(predicate, keys[-1], logs, contents))
        facts.extend(describe_signers(files, logs))
        if key is None:
            facts.append("compare that key with the one that you received by another way")
    except UnreadableBundle as error:
        problems.append(str(error))
    except KeyError as error:
        problems.append(f"{error} is missing")
    except Exception as error:  # noqa: BLE001 - whatever a forged file brings about is a problem
        problems.append(f"this is not an evidence package ({type(error).__name__}: {error})")
    return facts, problems


def check_nothing_left_out(
    files: Files,
    logs: Mapping[str, Leaves],
    predicate: Mapping[str, Any],
    contents: Mapping[str, bytes],
    problems: list[str],
) -> None:
    """Check that every collection and every run is here, with all that it counted."""
    for leaves in logs.values():
        check_collections(leaves, contents, problems)
    check_runs(files, predicate, logs, contents, problems)


def describe(
    predicate: Mapping[str, Any],
    key: str,
    logs: Mapping[str, Leaves],
    contents: Mapping[str, bytes],
) -> Iterator[str]:
    """Yield what the package is of, how much of it is proven, and which key signed it."""
    controls = ", ".join(predicate["controls"])
    yield f"evidence from {predicate['since']} up to {predicate['until']}: {controls}"
    leaves = sum(map(len, logs.values()))
    yield (
        f"{leaves} leaves of {len(logs)} logs lead to signed checkpoints, "
        f"{len(contents)} contents match their digests"
    )
    yield f"signed by {key}"


def describe_signers(files: Files, logs: Mapping[str, Leaves]) -> Iterator[str]:
    """Yield which key signed the checkpoint of each log."""
    for log in logs:
        size = int(files[f"ledger/{log}/checkpoint.txt"].split(b"\n")[1])
        key = signer_of(log, size, logs.get(STORE_LOG, {}))
        yield f"the checkpoint of the log {log} at {size} leaves is signed by {key}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
