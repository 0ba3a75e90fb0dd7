#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hygiene.py FILE...: what no tool for one language looks at.

Files of at most 600 lines, functions of at most 100; an SPDX line; text that ends
in a newline and has no white space at line ends; scripts that can be run; nothing
that names somebody's machine.
"""
import fnmatch
import os
import re
import sys
import tomllib

FILE_LINES = 600
FUNCTION_LINES = 100

# Files that may be longer, and why.
LONG_FILES = {
    "Documentation/netlink/specs/tlsbind.yaml": "one specification; most of it is documentation",
    "LICENSES/GPL-2.0-only.txt": "not ours",
    "selftests/vectors/v1.json": "data, made by gen.py",
    "userspace/include/tlsbind.h": "one public header; most of it is documentation",
}


# This file names what it looks for.
SELF = "selftests/lint/hygiene.py"
MACHINES = [
    (re.compile(r"(?<![\w.])/(home|Users|work)/"), "an absolute path of somebody's machine"),
    (re.compile(r"https?://[^\s\"'>/]+/debian\b"), "the address of a mirror"),
    (re.compile(r"https?://(10\.|192\.168\.|[\w-]+:)"), "an address of somebody's network"),
]

C_FUNCTION = re.compile(r"^\w[^\n;={}]*?\b(\w+)\([^;{}]*?\)\n\{\n.*?^\}", re.S | re.M)
SHELL_FUNCTION = re.compile(r"^(\w+)\(\) [({]\n.*?^[)}]", re.S | re.M)
PYTHON_FUNCTION = re.compile(r"^ *def (\w+)\(.*?(?=^ *(?:def|class|@)|^\S|\Z)", re.S | re.M)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def functions(path, text):
    """Name, line and length of each function, by the language's usual layout."""
    if path.endswith((".c", ".h")):
        pattern = C_FUNCTION
    elif path.endswith(".py"):
        pattern = PYTHON_FUNCTION
    elif text.startswith("#!") or path.endswith(".sh"):
        pattern = SHELL_FUNCTION
    else:
        return
    for match in pattern.finditer(text):
        yield match[1], line_of(text, match.start()), match[0].rstrip().count("\n") + 1


def sizes(path, text):
    lines = text.count("\n")
    if lines > FILE_LINES and path not in LONG_FILES:
        yield 1, f"{lines} lines, more than {FILE_LINES}"
    for name, line, length in functions(path, text):
        if length > FUNCTION_LINES:
            yield line, f"{name}() has {length} lines, more than {FUNCTION_LINES}"


def spoken_for():
    """Files whose licence REUSE.toml names, because they cannot."""
    with open("REUSE.toml", "rb") as file:
        annotations = tomllib.load(file)["annotations"]
    for annotation in annotations:
        if "SPDX-License-Identifier" in annotation:
            paths = annotation["path"]
            yield from [paths] if isinstance(paths, str) else paths


def licence(path, text):
    # In two pieces, or this would be the line itself.
    tag = "SPDX-License" "-Identifier: "
    head = "\n".join(text.split("\n")[:3])
    if path.startswith("LICENSES/") or any(fnmatch.fnmatch(path, name) for name in spoken_for()):
        return
    if tag not in head:
        yield 1, "no SPDX line among the first three"


def white_space(path, text):
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end"
    if path.startswith("LICENSES/"):
        return
    for match in re.finditer(r"[ \t\r]+$", text, re.M):
        yield line_of(text, match.start()), "white space at the end of the line"


def machines(path, text):
    if path == SELF:
        return
    for pattern, what in MACHINES:
        for match in pattern.finditer(text):
            yield line_of(text, match.start()), what


def mode(path, text):
    if text.startswith("#!") and not os.access(path, os.X_OK):
        yield 1, "begins with #! but cannot be run"
    if os.access(path, os.X_OK) and not text.startswith("#!"):
        yield 1, "can be run but does not begin with #!"


def main():
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            data = file.read()
        try:
            text = data.decode()
        except UnicodeDecodeError:
            continue
        for check in (sizes, licence, white_space, machines, mode):
            for line, what in check(path, text):
                print(f"{path}:{line}: {what}")
    for path in LONG_FILES:
        if not os.path.exists(path):
            print(f"{SELF}:1: exception for {path}, which does not exist")


if __name__ == "__main__":
    main()
