#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Known-answer vectors of protocol v1, computed without the module or the library.

usage: gen.py              print the vectors
       gen.py -o FILE      write them to FILE
       gen.py --check FILE compare FILE with what this script computes; exit 1 if they differ

The output is deterministic. Before anything is written, the building blocks are
compared with published values (RFC 5869, RFC 8448, RFC 9162 style trees, GB/T 32905).
README describes the format.
"""

import argparse
import difflib
import hashlib
import json
import struct
import sys

from protocol import (RFC8448, RX, TLS13, TX, CLAIMS_FIELDS, check_published, commitment,
                      commitment_message, connection_id, encode_claims, leaf_hash, next_secret,
                      node_hash, path_leads_to, report_data, sha384, split, tag, tlv,
                      traffic_keys, tree_path, tree_root)

ZERO48 = bytes(48)

# name, code point, key length, hash of the key schedule (RFC 8446 B.4, RFC 8998)
SUITES = [
    ("TLS_AES_128_GCM_SHA256", 0x1301, 16, "sha256"),
    ("TLS_AES_256_GCM_SHA384", 0x1302, 32, "sha384"),
    ("TLS_CHACHA20_POLY1305_SHA256", 0x1303, 32, "sha256"),
    ("TLS_AES_128_CCM_SHA256", 0x1304, 16, "sha256"),
    ("TLS_SM4_GCM_SM3", 0x00C6, 16, "sm3"),
    ("TLS_SM4_CCM_SM3", 0x00C7, 16, "sm3"),
]

# TLSBIND_F_*
F_ONE_DIRECTION, F_NIC, F_DOORS_OPEN, F_LOCKED = 1, 2, 4, 8
F_NO_EXPORT, F_GATED, F_KEY_SHARED, F_POLICY_CHANGED = 16, 32, 64, 128


def test_bytes(name, length):
    """Arbitrary but fixed bytes."""
    return hashlib.shake_256(b"tlsbind vectors v1 " + name.encode()).digest(length)


def suite_keys(name, key_len, n):
    """Key and iv number n of a suite."""
    return (test_bytes(f"{name} key {n}", key_len), test_bytes(f"{name} iv {n}", 12))


def gen_commitments():
    out = []
    for name, suite, key_len, _ in SUITES:
        cases = [("zero", bytes(key_len), bytes(12)), ("ones", b"\xff" * key_len, b"\xff" * 12),
                 ("count", bytes(range(key_len)), bytes(range(0x80, 0x8C)))]
        cases += [(f"bytes {n}", *suite_keys(name, key_len, n)) for n in range(4)]
        for case, key, iv in cases:
            for direction in (TX, RX):
                out.append({
                    "name": f"{name} {case} {'tx' if direction == TX else 'rx'}",
                    "cipher_suite": suite, "tls_version": TLS13, "direction": direction,
                    "key": key, "iv": iv,
                    "message": commitment_message(direction, suite, key, iv),
                    "commitment": commitment(direction, suite, key, iv)})
    return out


def gen_connections():
    """Both ends of one connection for each suite: first keys and one rekey of each direction."""
    out = []
    for name, suite, key_len, _ in SUITES:
        keys = [suite_keys(name, key_len, n) for n in range(4)]
        tx, rx, tx_next, rx_next = keys
        c_tx, c_rx = commitment(TX, suite, *tx), commitment(RX, suite, *rx)
        p_tx, p_rx = commitment(TX, suite, *rx), commitment(RX, suite, *tx)
        out.append({
            "name": name, "cipher_suite": suite, "tls_version": TLS13,
            "tx_key": tx[0], "tx_iv": tx[1], "rx_key": rx[0], "rx_iv": rx[1],
            "tx_commitment": c_tx, "rx_commitment": c_rx,
            "connection_id": connection_id(c_tx, c_rx),
            "peer_tx_commitment": p_tx, "peer_rx_commitment": p_rx,
            "peer_connection_id": connection_id(p_tx, p_rx),
            "next_tx_key": tx_next[0], "next_tx_iv": tx_next[1],
            "next_rx_key": rx_next[0], "next_rx_iv": rx_next[1],
            "next_tx_commitment": commitment(TX, suite, *tx_next),
            "next_rx_commitment": commitment(RX, suite, *rx_next),
            "next_peer_tx_commitment": commitment(TX, suite, *rx_next),
            "next_peer_rx_commitment": commitment(RX, suite, *tx_next)})
    return out


def base_claims(n):
    name, suite, key_len, _ = SUITES[n % len(SUITES)]
    return {
        "version": 1, "tls_version": TLS13, "cipher_suite": suite, "reserved": 0,
        "flags": F_DOORS_OPEN | F_POLICY_CHANGED, "uid": 1000 + n, "tx_generation": 0,
        "rx_generation": 0, "cgroup_id": 0x1000 + n, "netns": 0xF0000075 + n,
        "installed_ns": 123456789012 + n, "evidence_ns": 123456999999 + n, "rule": 0,
        "nonce": test_bytes(f"nonce {n}", 32),
        "tx_commitment": commitment(TX, suite, *suite_keys(name, key_len, 0)),
        "rx_commitment": commitment(RX, suite, *suite_keys(name, key_len, 1)),
        "policy_digest": ZERO48, "exe_digest_kind": 0, "exe_digest_len": 0,
        "reserved2": bytes(6), "exe_digest": bytes(64), "app_data": bytes(64)}


def gen_claims():
    plain = base_claims(0)
    one_direction = base_claims(1)
    one_direction.update(flags=F_ONE_DIRECTION | F_DOORS_OPEN | F_POLICY_CHANGED, rx_commitment=ZERO48)
    rekeyed = base_claims(2)
    rekeyed.update(tx_generation=3, rx_generation=0x01020304, app_data=test_bytes("app data", 64))
    full = base_claims(3)
    full.update(
        flags=F_NIC | F_LOCKED | F_NO_EXPORT | F_GATED | F_KEY_SHARED,
        rule=0x1122334455667788, policy_digest=test_bytes("policy", 48), exe_digest_kind=1,
        exe_digest_len=32, exe_digest=test_bytes("exe", 32) + bytes(32),
        app_data=test_bytes("app data 2", 64))
    # Every integer different in every byte, so that a wrong offset or byte order shows.
    distinct = {}
    counter = 0
    for name, kind in CLAIMS_FIELDS:
        length = struct.calcsize(">" + kind) if isinstance(kind, str) else kind
        raw = bytes((counter + i) % 251 + 1 for i in range(length))
        counter += length
        distinct[name] = struct.unpack(">" + kind, raw)[0] if isinstance(kind, str) else raw
    # JSON libraries stop at signed 64 bits.
    largest = {name: min((1 << 8 * struct.calcsize(">" + kind)) - 1, (1 << 63) - 1)
               if isinstance(kind, str) else b"\xff" * kind for name, kind in CLAIMS_FIELDS}
    out = []
    for name, claims, valid in [
            ("both directions", plain, True), ("one direction", one_direction, True),
            ("rekeyed", rekeyed, True), ("every optional field", full, True),
            ("distinct bytes", distinct, False), ("largest values", largest, False)]:
        encoded = encode_claims(claims)
        out.append({"name": name, "valid": valid, **claims, "encoded": encoded,
                    "leaf": leaf_hash(encoded)})
    return out


def numbered_leaf(prefix, i):
    return sha384(prefix + struct.pack(">I", i))


def gen_trees():
    prefix = b"\0tlsbind vectors v1 leaf "
    out = []
    for size in [*range(1, 10), 15, 16, 17, 31, 32, 33, 63, 100, 257, 1023, 1024]:
        leaves = [numbered_leaf(prefix, i) for i in range(size)]
        root = tree_root(leaves)
        indexes = range(size) if size <= 33 else sorted({
            0, 1, 2, 3, split(size) - 1, split(size) % size, size // 2, size - 2, size - 1})
        paths = []
        for i in indexes:
            path = tree_path(leaves, i)
            assert path_leads_to(leaves[i], i, size, path, root)
            paths.append({"index": i, "path": path})
        out.append({"name": f"{size} leaves", "size": size, "leaf_prefix": prefix,
                    "leaves": leaves if size <= 33 else [], "root": root, "paths": paths})
    return out


def gen_bad_paths():
    """Paths that a verifier must refuse."""
    prefix = b"\0tlsbind vectors v1 leaf "
    leaves = [numbered_leaf(prefix, i) for i in range(7)]
    root = tree_root(leaves)
    good = [tree_path(leaves, i) for i in range(7)]
    one = leaves[0]
    cases = [
        ("index equals size", leaves[6], 7, 7, good[6], root),
        ("index far beyond size", leaves[6], 0xFFFFFFFF, 7, good[6], root),
        ("tree size zero", one, 0, 0, [], one),
        ("path too short", leaves[2], 2, 7, good[2][:-1], root),
        ("path too long", leaves[2], 2, 7, good[2] + [bytes(48)], root),
        ("path for a single leaf", one, 0, 1, [bytes(48)], one),
        ("no path", leaves[2], 2, 7, [], root),
        ("neighbour's index", leaves[2], 3, 7, good[2], root),
        ("other leaf", leaves[3], 2, 7, good[2], root),
        ("path reversed", leaves[2], 2, 7, good[2][::-1], root),
        ("smaller tree size", leaves[6], 6, 8, good[6], root),
        ("inner node as leaf", node_hash(leaves[0], leaves[1]), 0, 7, good[0], root),
        ("inner node as leaf of a smaller tree", node_hash(leaves[0], leaves[1]), 0, 2,
         [tree_root(leaves[2:4])], root),
        ("flipped bit in path", leaves[2], 2, 7,
         [bytes([good[2][0][0] ^ 1]) + good[2][0][1:]] + good[2][1:], root),
        ("flipped bit in root", leaves[2], 2, 7, good[2], bytes([root[0] ^ 0x80]) + root[1:]),
    ]
    out = []
    for name, leaf, index, size, path, want in cases:
        assert not path_leads_to(leaf, index, size, path, want), name
        out.append({"name": name, "leaf": leaf, "index": index, "size": size, "path": path,
                    "root": want})
    return out


def gen_report_data():
    out = []
    for n, size in enumerate([1, 2, 7, 256, 1024, 0x01020304]):
        root, boot = test_bytes(f"root {n}", 48), test_bytes(f"boot nonce {n}", 32)
        out.append({"name": f"tree of {size}", "tree_size": size, "root": root,
                    "boot_nonce": boot, "tag": tag(),
                    "report_data": report_data(size, root, boot)})
    return out


def gen_traffic_secrets():
    out = []
    cases = [(name, 0x1301, "sha256", 16, bytes.fromhex(secret)) for name, secret, _, _ in RFC8448]
    for name, suite, key_len, h in SUITES:
        length = 48 if h == "sha384" else 32
        cases.append((f"{name} client", suite, h, key_len, test_bytes(name + " client", length)))
        cases.append((f"{name} server", suite, h, key_len, test_bytes(name + " server", length)))
    for name, suite, h, key_len, secret in cases:
        generations = []
        for generation in range(4):
            key, iv = traffic_keys(h, secret, key_len)
            generations.append({
                "generation": generation, "secret": secret, "key": key, "iv": iv,
                "tx_commitment": commitment(TX, suite, key, iv),
                "rx_commitment": commitment(RX, suite, key, iv)})
            secret = next_secret(h, secret)
        out.append({"name": name, "cipher_suite": suite, "hash": h, "generations": generations})
    return out


def encode_evidence(parts):
    return b"".join(tlv(kind, value) for kind, value in parts)


def evidence_parts(members, index, boot, provider, report, aux):
    leaves = [leaf_hash(m) for m in members]
    parts = [(1, members[index]), (2, struct.pack(">I", index)),
             (3, struct.pack(">I", len(members))), (4, b"".join(tree_path(leaves, index))),
             (5, boot), (6, provider), (7, report)]
    return parts + ([(8, aux)] if aux is not None else []), tree_root(leaves)


def gen_evidence():
    """Well-formed evidence; the report is not a real one but carries REPORT_DATA at 0x50."""
    out = []
    boot = test_bytes("boot nonce", 32)
    for size, index, provider, aux in [
            (1, 0, b"sev_guest", b"aux blob"), (1, 0, b"tdx_guest", None),
            (5, 4, b"sev_guest", None), (8, 3, b"sev_guest", b"\0")]:
        members = [encode_claims(base_claims(n)) for n in range(size)]
        root = tree_root([leaf_hash(m) for m in members])
        rd = report_data(size, root, boot)
        report = test_bytes("report head", 0x50) + rd + test_bytes("report tail", 64)
        parts, _ = evidence_parts(members, index, boot, provider, report, aux)
        out.append({
            "name": f"{provider.decode()}, leaf {index} of {size}, "
                    + ("no aux" if aux is None else f"{len(aux)} bytes of aux"),
            "claims": members[index], "leaf": leaf_hash(members[index]), "leaf_index": index,
            "tree_size": size, "path": tree_path([leaf_hash(m) for m in members], index),
            "boot_nonce": boot, "provider": provider.decode(), "report": report,
            "has_aux": aux is not None, "aux": aux or b"", "root": root, "report_data": rd,
            "encoded": encode_evidence(parts)})
    return out


def gen_bad_evidence():
    """Evidence that a parser must refuse as malformed."""
    members = [encode_claims(base_claims(n)) for n in range(4)]
    parts, _ = evidence_parts(members, 2, test_bytes("boot nonce", 32), b"sev_guest",
                              b"report", b"aux")
    good = encode_evidence(parts)

    def replaced(kind, value):
        return encode_evidence([(k, value if k == kind else v) for k, v in parts])

    def without(kind):
        return encode_evidence([p for p in parts if p[0] != kind])
    cases = [("empty", b""), ("one byte missing", good[:-1]), ("header cut", good + b"\0\x09\0"),
             ("one byte too many", good + b"\0"),
             ("unknown type", good + tlv(9, b"x")), ("type zero", tlv(0, b"") + good),
             ("length past the end", good[:2] + b"\0\0\xff\xff" + good[6:]),
             ("length wraps", good[:2] + b"\xff\xff\xff\xff" + good[6:]),
             ("claims twice", encode_evidence([parts[0]] + parts)),
             ("aux twice", encode_evidence(parts + [parts[-1]])),
             ("two types swapped", encode_evidence([parts[1], parts[0]] + parts[2:])),
             ("claims a byte short", replaced(1, members[2][:-1])),
             ("claims a byte long", replaced(1, members[2] + b"\0")),
             ("leaf index of two bytes", replaced(2, b"\0\2")),
             ("leaf index of eight bytes", replaced(2, bytes(7) + b"\2")),
             ("tree size of three bytes", replaced(3, b"\0\0\4")),
             ("path not whole nodes", replaced(4, bytes(95))),
             ("path of more nodes than a tree can have", replaced(4, bytes(48 * 11))),
             ("boot nonce a byte short", replaced(5, bytes(31))),
             ("provider empty", replaced(6, b"")),
             ("provider with a zero byte", replaced(6, b"sev\0guest")),
             ("provider with a newline", replaced(6, b"sev_guest\n")),
             ("report empty", replaced(7, b""))]
    cases += [(f"type {kind} missing", without(kind)) for kind in range(1, 8)]
    return [{"name": name, "encoded": encoded} for name, encoded in cases]


def to_hex(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {k: to_hex(v) for k, v in value.items()}
    if isinstance(value, list):
        return [to_hex(v) for v in value]
    return value


def generate():
    check_published()
    vectors = {
        "protocol": 1,
        "commitments": gen_commitments(),
        "connections": gen_connections(),
        "claims": gen_claims(),
        "trees": gen_trees(),
        "bad_paths": gen_bad_paths(),
        "report_data": gen_report_data(),
        "traffic_secrets": gen_traffic_secrets(),
        "evidence": gen_evidence(),
        "bad_evidence": gen_bad_evidence(),
    }
    return json.dumps(to_hex(vectors), indent=1) + "\n"


def main():
    parser = argparse.ArgumentParser(description="known-answer vectors of tlsbind protocol v1")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("-o", "--output", metavar="FILE")
    group.add_argument("--check", metavar="FILE")
    args = parser.parse_args()
    text = generate()
    if args.check:
        with open(args.check, encoding="ascii") as f:
            stored = f.read()
        if stored != text:
            diff = difflib.unified_diff(stored.splitlines(), text.splitlines(), args.check,
                                        "computed", lineterm="", n=1)
            for _, line in zip(range(40), diff):
                print(line[:160], file=sys.stderr)
            sys.exit(f"gen.py: {args.check} differs from what is computed")
        print(f"{args.check}: {sum(len(v) for v in json.loads(text).values() if isinstance(v, list))}"
              " vectors agree")
    elif args.output:
        with open(args.output, "w", encoding="ascii") as f:
            f.write(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
