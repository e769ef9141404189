"""The ledger's mathematics and formats: what an outsider needs to verify a store. Pure.

- ``merkle_hash``, ``merkle_tree``: a Merkle tree that only grows, stored as its right edge.
- ``inclusion_proof``, ``multiproof``: proofs of one leaf or of several, made and verified.
- ``signed_note``, ``signers``: signed notes and their keys (C2SP ``signed-note``).
- ``checkpoint``, ``pinned_checkpoint``: the signed head of a tree (C2SP ``tlog-checkpoint``).
- ``key_history``: how one signing key follows another.
- ``tlog_proof``: one leaf with everything that proves it (C2SP ``tlog-proof``).
- ``entry``, ``log_replay``, ``head_verifier``, ``row_matching``, ``verification``: verifying
  entries, heads and rows against what they should be, and the problems.

Nothing here reads a store, a clock or a key that is secret.
"""
