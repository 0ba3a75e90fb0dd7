# SPDX-License-Identifier: MIT
"""Protocol v1 in Python, from Documentation/protocol.rst and the RFCs alone.

For gen.py. It shares no code with the module or the library.
"""

import hashlib
import hmac
import struct
import sys

TX, RX = 1, 2
TLS13 = 0x0304


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
