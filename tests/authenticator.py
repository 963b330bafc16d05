"""A device that makes passkeys and signs with them, as far as a browser shows it to a site."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import encode_cbor

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _data(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authenticator:
    """One key pair on the curve P-256 (ES256), bound to one site."""

    def __init__(self, origin: str, name: bytes = b"a credential 1") -> None:
        self.origin = origin
        self.credential_id = hashlib.sha256(name).digest()[:16]
        self.count = 0
        self._key = ec.derive_private_key(int.from_bytes(name), ec.SECP256R1())

    def makes(self, options: str) -> str:
        """What the browser sends when a passkey was made (attestation `none`)."""
        asked = json.loads(options)
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id
        data = self._state(asked["rp"]["id"], HAS_KEY) + attested + self._public_key()
        held = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"])
        return self._reply(clientDataJSON=client, attestationObject=held)

    def signs(self, options: str, *, is_verified: bool = True) -> str:
        """What the browser sends when the person let the key sign a challenge."""
        asked = json.loads(options)
        self.count += 1
        data = self._state(asked["rpId"], 0)
        if not is_verified:
            data = data[:32] + bytes([PRESENT]) + data[33:]
        client = self._client("webauthn.get", asked["challenge"])
        signed = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._reply(clientDataJSON=client, authenticatorData=data, signature=signed)

    def _state(self, site: str, more: int) -> bytes:
        flags = bytes([PRESENT | VERIFIED | more])
        return hashlib.sha256(site.encode()).digest() + flags + self.count.to_bytes(4)

    def _public_key(self) -> bytes:
        at = self._key.public_key().public_numbers()
        x, y = (number.to_bytes(32) for number in (at.x, at.y))
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def _client(self, what: str, challenge: str) -> bytes:
        told = {"type": what, "challenge": _text(_data(challenge)), "origin": self.origin}
        return json.dumps(told).encode()

    def _reply(self, **response: bytes) -> str:
        name = _text(self.credential_id)
        told = {part: _text(data) for part, data in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": told})
