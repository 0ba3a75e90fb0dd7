#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""undocumented.py FILE...: public functions without a kernel-doc comment.

In a C file: each function that is not static. In a header: each prototype whose
function is in none of the C files, and each inline function of userspace's.
"""
import re
import sys

COMMENT = re.compile(r"/\*.*?\*/", re.S)
DOCUMENTED = re.compile(r"^/\*\*(?:\n \*)? (\w+)\(\) - ", re.M)
DEFINED = re.compile(r"^(?!static\b)\w[^\n;={}#]*?\b(\w+)\([^;{}]*?\)\n\{", re.M)
DECLARED = re.compile(r"^(?!static\b|typedef\b|#)\w[^;={}#]*?\b(\w+)\([^;{}]*?\)[^;{}]*;", re.M)

# Their documentation is that of the functions in whose place they call; and a macro of
# tracepoints.
EXEMPT = {"tlsbind_original_setsockopt", "tlsbind_original_getsockopt", "tlsbind_original_close",
          "TP_PROTO"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def line(text, name):
    """Where the function's name stands first outside of a comment."""
    for number, content in enumerate(text.split("\n"), 1):
        if re.search(rf"\b{name}\(", content) and not content.startswith(" *"):
            return number
    return 1


def main():
    texts = {path: read(path) for path in sys.argv[1:]}
    documented = {name for text in texts.values() for name in DOCUMENTED.findall(text)}
    bare = [(path, name) for path, text in texts.items()
            for name in (DEFINED if path.endswith(".c") else DECLARED).findall(
                COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text))
            if name not in documented | EXEMPT]
    for path, name in bare:
        print(f"{path}:{line(texts[path], name)}: {name}() has no kernel-doc comment")
    if not documented:
        print("no documented function found at all")


if __name__ == "__main__":
    main()
