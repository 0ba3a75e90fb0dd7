# SPDX-License-Identifier: MIT
"""What an attacker computes from the keys of connections of his own."""

import hashlib
import hmac

SUITES = {32: (0x1301, hashlib.sha256, 16), 48: (0x1302, hashlib.sha384, 32)}


def expand(digest, secret, label, size):
    """HKDF-Expand-Label of RFC 8446, section 7.1, for one block at most."""
    label = b"tls13 " + label
    info = size.to_bytes(2) + bytes([len(label)]) + label + b"\0"
    return hmac.digest(secret, info + b"\1", digest)[:size]


def commitment(direction, secret):
    suite, digest, key_size = SUITES[len(secret)]
    key = expand(digest, secret, b"key", key_size)
    iv = expand(digest, secret, b"iv", 12)
    text = (b"tlsbind/1 key\0" + bytes([direction]) + b"\x03\x04" + suite.to_bytes(2) +
            key_size.to_bytes(2) + bytes([len(iv)]) + iv)
    return hmac.digest(key, text, hashlib.sha384)


def secrets(path):
    """Pairs (server's, client's) of first traffic secrets, oldest connection first."""
    found = {}
    with open(path, encoding="ascii") as lines:
        for label, connection, secret in (line.split() for line in lines if line[0] != "#"):
            found.setdefault(connection, {})[label] = bytes.fromhex(secret)
    wanted = "SERVER_TRAFFIC_SECRET_0", "CLIENT_TRAFFIC_SECRET_0"
    return [tuple(all_of[label] for label in wanted) for all_of in found.values()
            if all(label in all_of for label in wanted)]


def connection_id(sends, receives):
    """What a connection is called, by the secret that its attester sends with and the other."""
    text = b"tlsbind/1 connection\0" + commitment(1, sends) + commitment(2, receives)
    return hashlib.sha384(text).hexdigest()[:32]
