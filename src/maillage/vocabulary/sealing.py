"""Sealing of documents: AES-256-GCM with a key for each file, itself sealed by that of the
installation (envelope encryption). The key of the document is bound to both as associated data: a
file cannot be read in the place of another, and a changed byte is refused.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
"""NIST SP 800-38D: 96 bits."""


class BrokenSeal(Exception):
    """The bytes are not those that were sealed, or the installation's key is another one."""


@dataclass(frozen=True)
class Sealed:
    """A sealed content, and what opens it together with the installation's key."""

    content: bytes
    wrapped_key: bytes
    nonce: bytes


def read_master_key(text: str) -> bytes:
    """The key of the installation from its text (32 bytes in base64). Raises ``ValueError``."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error as error:
        raise ValueError("the key of documents is not base64") from error
    if len(key) != KEY_BYTES:
        raise ValueError("the key of documents must be 32 bytes")
    return key


def make_master_key() -> str:
    """A new key of installation, as text."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def seal(content: bytes, *, master: bytes, name: str) -> Sealed:
    """Seal a content under a new key; ``name`` is that of the document."""
    bound = name.encode()
    key = AESGCM.generate_key(KEY_BYTES * 8)
    nonce, wrapping = secrets.token_bytes(NONCE_BYTES), secrets.token_bytes(NONCE_BYTES)
    return Sealed(
        content=AESGCM(key).encrypt(nonce, content, bound),
        wrapped_key=wrapping + AESGCM(master).encrypt(wrapping, key, bound),
        nonce=nonce,
    )


def unseal(sealed: Sealed, *, master: bytes, name: str) -> bytes:
    """The content that was sealed under this name. Raises :class:`BrokenSeal`."""
    bound = name.encode()
    wrapping, wrapped = sealed.wrapped_key[:NONCE_BYTES], sealed.wrapped_key[NONCE_BYTES:]
    try:
        key = AESGCM(master).decrypt(wrapping, wrapped, bound)
        return AESGCM(key).decrypt(sealed.nonce, sealed.content, bound)
    except (InvalidTag, ValueError) as error:
        raise BrokenSeal(f"the document {name} cannot be opened") from error
