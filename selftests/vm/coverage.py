#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""coverage.py TREE TAR...: which lines of the module ran in the guest.

TREE is where the module was built with counters (it holds the .gcno files), each TAR
holds the counters of one boot (.gcda files). Prints the lines that never ran, then a
table by file. Fails if fewer lines ran than COVERAGE_TARGET percent (default 90)."""

import collections
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile


def counters(tars, work):
    """Unpack the counters of every boot; return them added up, in one directory."""
    total = None
    for number, name in enumerate(tars):
        boot = os.path.join(work, f"boot{number}")
        try:
            with tarfile.open(name) as tar:
                tar.extractall(boot, filter="data")
        except tarfile.ReadError:
            continue  # that boot did not come to its end
        if total is None:
            total = boot
            continue
        merged = os.path.join(work, f"merged{number}")
        subprocess.run(["gcov-tool", "merge", "-o", merged, total, boot], check=True)
        total = merged
    if total is None:
        sys.exit("error: no boot of the guest has left counters")
    return total


def place(tree, directory):
    """Put the counters beside the .gcno files that explain them; return their names."""
    names = []
    for path, _, files in os.walk(directory):
        for name in files:
            inside = os.path.join(path, name).split(os.path.basename(tree) + "/", 1)[-1]
            target = os.path.join(tree, inside)
            if os.path.exists(target.removesuffix(".gcda") + ".gcno"):
                shutil.copyfile(os.path.join(path, name), target)
                names.append(inside)
    return sorted(names)


def lines_run(tree, names):
    """File name -> line number -> how often it ran, for the files of the module."""
    runs = collections.defaultdict(dict)
    for name in names:
        out = subprocess.run(["gcov", "--json-format", "--stdout", name], cwd=tree,
                             check=True, capture_output=True, text=True).stdout
        for text in out.splitlines():
            for file in json.loads(text)["files"]:
                path = os.path.relpath(os.path.join(tree, file["file"]), tree)
                if path.startswith("kmod/"):
                    for line in file["lines"]:
                        seen = runs[path].get(line["line_number"], 0)
                        runs[path][line["line_number"]] = seen + line["count"]
    return runs


def ranges(numbers):
    """[1, 2, 3, 7] -> "1-3 7"."""
    parts = []
    for number in numbers:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return " ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in parts)


def main():
    tree, target = sys.argv[1].rstrip("/"), float(os.environ.get("COVERAGE_TARGET", "90"))
    with tempfile.TemporaryDirectory() as work:
        runs = lines_run(tree, place(tree, counters(sys.argv[2:], work)))
    if not runs:
        sys.exit("error: the counters are not of this module")

    for path in sorted(runs):
        with open(os.path.join(tree, path), encoding="utf-8") as file:
            text = file.read().split("\n")
        for number, count in sorted(runs[path].items()):
            if not count:
                print(f"{path}:{number}: {text[number - 1].strip()}")

    print(f"\n{'file':<26} {'lines':>6} {'ran':>6} {'%':>6}  not covered")
    lines = ran = 0
    for path in sorted(runs):
        missed = sorted(number for number, count in runs[path].items() if not count)
        total = len(runs[path])
        lines, ran = lines + total, ran + total - len(missed)
        share = 100 * (total - len(missed)) / total
        print(f"{path:<26} {total:>6} {total - len(missed):>6} {share:>6.1f}  {ranges(missed)}")
    share = 100 * ran / lines
    print(f"{'all':<26} {lines:>6} {ran:>6} {share:>6.1f}  (target: {target:g})")
    sys.exit(share < target)


main()
