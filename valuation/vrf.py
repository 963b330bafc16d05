"""ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381, suite 3): one unique, provable output per key and input.

Scalar multiplication here is not constant-time: `prove` runs only in the signer's own process;
verifying needs no secret.
"""

import hashlib

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
"""The field of the curve and the prime order of its base point (RFC 8032, 5.1)."""
_D = -121665 * pow(121666, P - 2, P) % P
_ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
_SUITE = b"\x03"
_COFACTOR = 8
KEY_BYTES = 32
PROOF_BYTES = 80
_CHALLENGE_BYTES = 16

Point = tuple[int, int, int, int]
"""Extended homogeneous coordinates (X, Y, Z, T), x = X/Z, y = Y/Z, T = XY/Z."""

_IDENTITY: Point = (0, 1, 1, 0)


def public_key(secret: bytes) -> bytes:
    """The public key of 32 secret bytes; the same as Ed25519's."""
    scalar, _ = _expand(secret)
    return _encode(_times(scalar, _BASE))


def prove(secret: bytes, alpha: bytes) -> bytes:
    """Return the 80-byte proof for `alpha` (RFC 9381, 5.1); there is only one."""
    scalar, prefix = _expand(secret)
    key = _encode(_times(scalar, _BASE))
    target = _encode_to_curve(key, alpha)
    target_text = _encode(target)
    gamma = _times(scalar, target)
    nonce = _little(hashlib.sha512(prefix + target_text).digest()) % Q
    challenge = _challenge(
        key, target_text, _encode(gamma), _times(nonce, _BASE), _times(nonce, target)
    )
    answer = (nonce + challenge * scalar) % Q
    return _encode(gamma) + challenge.to_bytes(_CHALLENGE_BYTES, "little") + _bytes(answer)


def verify(key: bytes, proof: bytes, alpha: bytes) -> bytes | None:
    """Return the 64-byte output that `proof` proves, or None when anything is wrong.

    The key is validated in full (RFC 9381, 5.4.5): a non-canonical or low-order one is refused.
    """
    holder = _decode(key)
    if holder is None or _is_identity(_times(_COFACTOR, holder)):
        return None
    parts = _split(proof)
    if parts is None:
        return None
    gamma, challenge, answer = parts
    target = _encode_to_curve(key, alpha)
    left = _add(_times(answer, _BASE), _negate(_times(challenge, holder)))
    right = _add(_times(answer, target), _negate(_times(challenge, gamma)))
    if _challenge(key, _encode(target), proof[:KEY_BYTES], left, right) != challenge:
        return None
    return _output(gamma)


def proof_to_hash(proof: bytes) -> bytes:
    """The output of a proof that was verified or that we made ourselves (RFC 9381, 5.2)."""
    parts = _split(proof)
    if parts is None:
        raise ValueError("not a proof of this suite")
    return _output(parts[0])


def _split(proof: bytes) -> tuple[Point, int, int] | None:
    if len(proof) != PROOF_BYTES:
        return None
    gamma = _decode(proof[:KEY_BYTES])
    challenge = _little(proof[KEY_BYTES : KEY_BYTES + _CHALLENGE_BYTES])
    answer = _little(proof[KEY_BYTES + _CHALLENGE_BYTES :])
    if gamma is None or answer >= Q:
        return None
    return gamma, challenge, answer


def _output(gamma: Point) -> bytes:
    cleared = _encode(_times(_COFACTOR, gamma))
    return hashlib.sha512(_SUITE + b"\x03" + cleared + b"\x00").digest()


def _challenge(key: bytes, target: bytes, gamma: bytes, left: Point, right: Point) -> int:
    text = _SUITE + b"\x02" + key + target + gamma + _encode(left) + _encode(right) + b"\x00"
    return _little(hashlib.sha512(text).digest()[:_CHALLENGE_BYTES])


def _encode_to_curve(key: bytes, alpha: bytes) -> Point:
    """Try and increment (RFC 9381, 5.4.1.1); all 256 tries fail with a chance of 2**-256."""
    texts = (_SUITE + b"\x01" + key + alpha + bytes([counter]) + b"\x00" for counter in range(256))
    points = (_decode(hashlib.sha512(text).digest()[:KEY_BYTES]) for text in texts)
    cleared = (_times(_COFACTOR, point) for point in points if point is not None)
    return next(point for point in cleared if not _is_identity(point))


def _expand(secret: bytes) -> tuple[int, bytes]:
    """Secret scalar and nonce prefix, as RFC 8032, 5.1.5 derives them."""
    if len(secret) != KEY_BYTES:
        raise ValueError("a secret key has 32 bytes")
    digest = hashlib.sha512(secret).digest()
    scalar = _little(digest[:32])
    scalar &= (1 << 254) - 8
    scalar |= 1 << 254
    return scalar, digest[32:]


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _bytes(number: int) -> bytes:
    return number.to_bytes(KEY_BYTES, "little")


def _add(a: Point, b: Point) -> Point:
    """Complete addition on the twisted Edwards curve (RFC 8032, 5.1.4)."""
    left = (a[1] - a[0]) * (b[1] - b[0]) % P
    right = (a[1] + a[0]) * (b[1] + b[0]) % P
    cross = 2 * a[3] * b[3] * _D % P
    both = 2 * a[2] * b[2] % P
    e, f, g, h = right - left, both - cross, both + cross, right + left
    return e * f % P, g * h % P, f * g % P, e * h % P


def _negate(a: Point) -> Point:
    return -a[0] % P, a[1], a[2], -a[3] % P


def _times(scalar: int, point: Point) -> Point:
    total = _IDENTITY
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


def _is_identity(a: Point) -> bool:
    return a[0] % P == 0 and (a[1] - a[2]) % P == 0


def _encode(a: Point) -> bytes:
    inverse = pow(a[2], P - 2, P)
    x, y = a[0] * inverse % P, a[1] * inverse % P
    return _bytes(y | (x & 1) << 255)


def _decode(data: bytes) -> Point | None:
    """Decode a point strictly (RFC 8032, 5.1.3): y below p, on the curve, no negative zero."""
    if len(data) != KEY_BYTES:
        return None
    number = _little(data)
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= P:
        return None
    x = _root_x(y)
    if x is None or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _root_x(y: int) -> int | None:
    """The even or odd x of a y on the curve, or None when there is none."""
    square = (y * y - 1) * pow(_D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * _ROOT_OF_MINUS_ONE % P
    return None if (x * x - square) % P else x


_BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
_BASE_Y = 4 * pow(5, P - 2, P) % P
_BASE: Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % P)
"""The base point of RFC 8032, 5.1."""
