"""Verify Ed25519 signatures (RFC 8032, section 5.1.7): no secrets, so plain and slow."""

from __future__ import annotations

import hashlib
from typing import Any

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
"""X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z."""


def verify_signature(key: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether a key made an Ed25519 signature of a message."""
    start, r = decode_point(key), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if start is None or r is None or len(signature) != 64 or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    actual, expected = multiply(s, BASE), add_points(r, multiply(h, start))
    return all((actual[at] * expected[2] - expected[at] * actual[2]) % P == 0 for at in (0, 1))


def decode_point(data: bytes) -> Point | None:
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


def add_points(p: Point, q: Point) -> Point:
    """Add two points (section 5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar: int, point: Point) -> Point:
    """Add a point to itself so many times."""
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = add_points(total, point)
        point = add_points(point, point)
        scalar >>= 1
    return total


_Y = 4 * pow(5, P - 2, P) % P
BASE: Any = decode_point(_Y.to_bytes(32, "little"))
