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
import hmac
import json
import struct
import sys

TX, RX = 1, 2
TLS13 = 0x0304
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
F_NO_EXPORT, F_GATED, F_KEY_SHARED, F_ALLOW_ALL = 16, 32, 64, 128


def test_bytes(name, length):
    """Arbitrary but fixed bytes."""
    return hashlib.shake_256(b"tlsbind vectors v1 " + name.encode()).digest(length)


# --- SM3 (GB/T 32905-2016): hashlib has it only where OpenSSL was built with it ---

def rol(x, n):
    n %= 32
    return (x << n | x >> (32 - n)) & 0xFFFFFFFF


def sm3_compress(v, block):
    w = list(struct.unpack(">16I", block))
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ rol(w[j - 3], 15)
        w.append(x ^ rol(x, 15) ^ rol(x, 23) ^ rol(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = v
    for j in range(64):
        t = 0x79CC4519 if j < 16 else 0x7A879D8A
        ss1 = rol((rol(a, 12) + e + rol(t, j)) & 0xFFFFFFFF, 7)
        ss2 = ss1 ^ rol(a, 12)
        ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
        gg = e ^ f ^ g if j < 16 else (e & f) | (~e & g)
        tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & 0xFFFFFFFF
        tt2 = (gg + h + ss1 + w[j]) & 0xFFFFFFFF
        a, b, c, d = tt1, a, rol(b, 9), c
        e, f, g, h = tt2 ^ rol(tt2, 9) ^ rol(tt2, 17), e, rol(f, 19), g
    return [x ^ y for x, y in zip(v, (a, b, c, d, e, f, g, h))]


def sm3(data):
    v = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600,
         0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + struct.pack(">Q", 8 * len(data))
    for i in range(0, len(padded), 64):
        v = sm3_compress(v, padded[i:i + 64])
    return struct.pack(">8I", *v)


def hmac_sm3(key, message):
    key = (sm3(key) if len(key) > 64 else key).ljust(64, b"\0")
    inner = sm3(bytes(k ^ 0x36 for k in key) + message)
    return sm3(bytes(k ^ 0x5C for k in key) + inner)


# --- RFC 8446 section 7: from traffic secret to key and iv ---

def hmac_by_name(name, key, message):
    if name == "sm3":
        return hmac_sm3(key, message)
    return hmac.new(key, message, name).digest()


def hkdf_expand(name, prk, info, length):
    out, block, i = b"", b"", 0
    while len(out) < length:
        i += 1
        block = hmac_by_name(name, prk, block + info + bytes([i]))
        out += block
    return out[:length]


def hkdf_expand_label(name, secret, label, context, length):
    """RFC 8446 section 7.1"""
    label = b"tls13 " + label
    info = struct.pack(">HB", length, len(label)) + label + bytes([len(context)]) + context
    return hkdf_expand(name, secret, info, length)


def traffic_keys(name, secret, key_len):
    """RFC 8446 section 7.3"""
    return (hkdf_expand_label(name, secret, b"key", b"", key_len),
            hkdf_expand_label(name, secret, b"iv", b"", 12))


def next_secret(name, secret):
    """RFC 8446 section 7.2"""
    return hkdf_expand_label(name, secret, b"traffic upd", b"", len(secret))


# --- tlsbind protocol v1 ---

def sha384(data):
    return hashlib.sha384(data).digest()


def commitment_message(direction, suite, key, iv):
    return (b"tlsbind/1 key\0" + bytes([direction]) + struct.pack(">HHH", TLS13, suite, len(key))
            + bytes([len(iv)]) + iv)


def commitment(direction, suite, key, iv):
    return hmac.new(key, commitment_message(direction, suite, key, iv), hashlib.sha384).digest()


def connection_id(c_tx, c_rx):
    return sha384(b"tlsbind/1 connection\0" + c_tx + c_rx)[:16]


CLAIMS_FIELDS = [  # name, struct code, or a length in bytes
    ("version", "H"), ("tls_version", "H"), ("cipher_suite", "H"), ("reserved", "H"),
    ("flags", "I"), ("uid", "I"), ("tx_generation", "I"), ("rx_generation", "I"),
    ("cgroup_id", "Q"), ("netns", "Q"), ("installed_ns", "Q"), ("evidence_ns", "Q"),
    ("rule", "Q"), ("nonce", 32), ("tx_commitment", 48), ("rx_commitment", 48),
    ("policy_digest", 48), ("exe_digest_kind", "B"), ("exe_digest_len", "B"),
    ("reserved2", 6), ("exe_digest", 64), ("app_data", 64),
]


def encode_claims(claims):
    out = b""
    for name, kind in CLAIMS_FIELDS:
        if isinstance(kind, str):
            out += struct.pack(">" + kind, claims[name])
        else:
            assert len(claims[name]) == kind, name
            out += claims[name]
    assert len(out) == 376
    return out


def leaf_hash(data, h=sha384):
    return h(b"\0" + data)


def node_hash(left, right, h=sha384):
    return h(b"\1" + left + right)


def split(n):
    """Largest power of two smaller than n (RFC 9162 section 2.1.1)."""
    return 1 << (n - 1).bit_length() - 1


def tree_root(leaves, h=sha384):
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(tree_root(leaves[:k], h), tree_root(leaves[k:], h), h)


def tree_path(leaves, index, h=sha384):
    """RFC 9162 section 2.1.3.1"""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return tree_path(leaves[:k], index, h) + [tree_root(leaves[k:], h)]
    return tree_path(leaves[k:], index - k, h) + [tree_root(leaves[:k], h)]


def path_leads_to(leaf, index, size, path, root, h=sha384):
    """RFC 9162 section 2.1.3.2"""
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r, h)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p, h)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def tag():
    return b"TLSBIND\0" + struct.pack(">BBHI", 1, 1, 0, 0)


def report_data(size, root, boot_nonce):
    return tag() + sha384(b"tlsbind/1 report\0" + tag() + struct.pack(">I", size) + root
                          + boot_nonce)


def tlv(kind, value):
    return struct.pack(">HI", kind, len(value)) + value


# --- published values ---

def expect(what, got, want):
    if got != bytes.fromhex(want):
        sys.exit(f"gen.py: {what}: computed {got.hex()}, published {want}")


RFC8448 = [  # section 3, "derive write traffic keys for application data"
    ("RFC 8448 section 3, server application traffic",
     "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
     "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984"),
    ("RFC 8448 section 3, client application traffic",
     "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
     "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9"),
]

CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
             "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [  # SHA-256 roots of the first n, from the reference tests of Certificate Transparency
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def check_published():
    expect("SM3 of abc", sm3(b"abc"),
           "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
    expect("SM3 of 16 times abcd", sm3(b"abcd" * 16),
           "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732")
    expect("RFC 5869 A.1 OKM",
           hkdf_expand("sha256", bytes.fromhex("077709362c2e32df0ddc3f0dc47bba63"
                                               "90b6c73bb50f9c3122ec844ad7c2b3e5"),
                       bytes.fromhex("f0f1f2f3f4f5f6f7f8f9"), 42),
           "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
    for name, secret, key, iv in RFC8448:
        got = traffic_keys("sha256", bytes.fromhex(secret), 16)
        expect(name + " key", got[0], key)
        expect(name + " iv", got[1], iv)

    def sha256(data):
        return hashlib.sha256(data).digest()
    leaves = [leaf_hash(bytes.fromhex(x), sha256) for x in CT_LEAVES]
    for n, root in enumerate(CT_ROOTS, 1):
        expect(f"root of {n} leaves", tree_root(leaves[:n], sha256), root)
        for i in range(n):
            assert path_leads_to(leaves[i], i, n, tree_path(leaves[:n], i, sha256),
                                 bytes.fromhex(root), sha256)


# --- the vectors ---

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
        "flags": F_DOORS_OPEN | F_ALLOW_ALL, "uid": 1000 + n, "tx_generation": 0,
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
    one_direction.update(flags=F_ONE_DIRECTION | F_DOORS_OPEN | F_ALLOW_ALL, rx_commitment=ZERO48)
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
