"""Verifying Ed25519 signatures (RFC 8032, section 5.1.7): no secrets, so plain and slow."""

from __future__ import annotations

import hashlib
from typing import Any

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
"""X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z."""


def holds(key: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether an Ed25519 signature of a message was made with a key."""
    start, r = decoded(key), decoded(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if start is None or r is None or len(signature) != 64 or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    one, two = times(s, BASE), plus(r, times(h, start))
    return all((one[at] * two[2] - two[at] * one[2]) % P == 0 for at in (0, 1))


def decoded(data: bytes) -> Point | None:
    """Read a point (section 5.1.3)."""
    y, sign = int.from_bytes(data, "little") & ((1 << 255) - 1), data[-1] >> 7 if data else 0
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if len(data) != 32 or y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def plus(one: Point, two: Point) -> Point:
    """Add two points (section 5.1.4)."""
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Point) -> Point:
    """Add a point so many times to nothing."""
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = plus(found, point)
        point = plus(point, point)
        number >>= 1
    return found


_Y = 4 * pow(5, P - 2, P) % P
BASE: Any = decoded(_Y.to_bytes(32, "little"))
