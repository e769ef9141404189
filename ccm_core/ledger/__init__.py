"""The ledger's mathematics and formats: what an outsider needs to check us. Pure.

- ``tree``: a Merkle tree that only grows, kept as its right edge.
- ``proofs``: inclusion proofs, made and checked.
- ``note``: signed notes and their keys (C2SP ``signed-note``).
- ``checkpoint``: the signed head of a tree (C2SP ``tlog-checkpoint``).
- ``signing``: who signs, or why nobody does.
- ``keys``: how one key follows another.
- ``proof_file``: one leaf with everything that proves it (C2SP ``tlog-proof``).
- ``walk``, ``heads``, ``pairing``, ``findings``: verifying: entries, heads and rows as they are
  found, against what they should be, and what is said of it.

Nothing here reads a store, a clock or a key that is secret.
"""
