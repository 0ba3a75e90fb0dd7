#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""v1.json as C, for the KUnit tests: kunit.py v1.json vectors_data.h

The structures that this fills are in kmod/tests/vectors.h."""

import json
import sys


def data(text):
    """Hex digits as an initialiser. C has no empty arrays: an empty one is {0}."""
    return "{ " + ",".join(f"0x{b:02x}" for b in bytes.fromhex(text) or b"\0") + " }"


def nodes(hashes):
    return "{ " + ", ".join("{ %s }" % data(h) for h in hashes or ["00"]) + " }"


def text(string):
    return json.dumps(string)


def size(string):
    return len(string) // 2


def commitment(v):
    yield from [("name", text(v["name"])), ("direction", v["direction"]),
                ("commitment", data(v["commitment"]))]
    yield "key", key(v, v["key"], v["iv"])


def key(v, secret, iv):
    return (f"{{ .tls_version = {v['tls_version']}, .cipher_suite = {v['cipher_suite']}, "
            f".key_len = {size(secret)}, .key = {data(secret)}, .iv = {data(iv)} }}")


def connection(v):
    yield "name", text(v["name"])
    for end in ("tx", "rx"):
        yield end, key(v, v[end + "_key"], v[end + "_iv"])
    for member in ("tx_commitment", "rx_commitment", "connection_id", "peer_tx_commitment",
                   "peer_rx_commitment", "peer_connection_id"):
        yield member, data(v[member])


def claims(v):
    yield from [("name", text(v["name"])), ("encoded", data(v["encoded"])),
                ("leaf", f"{{ {data(v['leaf'])} }}")]


def tree(v):
    yield from [("name", text(v["name"])), ("size", v["size"]),
                ("leaf_prefix", data(v["leaf_prefix"])),
                ("leaf_prefix_len", size(v["leaf_prefix"])),
                ("root", f"{{ {data(v['root'])} }}"), ("paths", len(v["paths"]))]
    paths = (f"{{ {p['index']}, {len(p['path'])}, {nodes(p['path'])} }}" for p in v["paths"])
    yield "path", "(const struct tlsbind_vector_path[]){ " + ",\n".join(paths) + " }"


def report_data(v):
    yield from [("name", text(v["name"])), ("root", f"{{ {data(v['root'])} }}"),
                ("tree_size", v["tree_size"]), ("boot_nonce", data(v["boot_nonce"])),
                ("report_data", data(v["report_data"]))]


def evidence(v):
    yield from [("name", text(v["name"])), ("claims", data(v["claims"])),
                ("leaf_index", v["leaf_index"]), ("tree_size", v["tree_size"]),
                ("path_len", len(v["path"])), ("path", nodes(v["path"])),
                ("boot_nonce", data(v["boot_nonce"])), ("provider", text(v["provider"]))]
    for member in ("report", "aux", "encoded"):
        yield member, f"(const u8[]){data(v[member])}"
        yield member + "_len", size(v[member])


SECTIONS = {"commitments": commitment, "connections": connection, "claims": claims,
            "trees": tree, "report_data": report_data, "evidence": evidence}


def main(source, destination):
    with open(source, encoding="utf-8") as file:
        vectors = json.load(file)
    with open(destination, "w", encoding="utf-8") as file:
        file.write("/* Made by selftests/vectors/kunit.py. */\n")
        for section, members in SECTIONS.items():
            if not vectors[section]:
                sys.exit(f"{source}: no {section}")
            file.write(f"\nstatic const struct tlsbind_vector_{members.__name__} "
                       f"__maybe_unused tlsbind_vectors_{section}[] = {{\n")
            for vector in vectors[section]:
                file.write("{\n" + "".join(f"\t.{k} = {v},\n" for k, v in members(vector)) + "},\n")
            file.write("};\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
