#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws what "make bench" has measured: chart.py BENCH.JSON CHART.SVG"""

import json
import sys
from xml.sax.saxutils import escape

WIDTH = 760
BAR = 18
LABEL = 250
ROOM = 400
GAP = 34


class Chart:
    """Panels of horizontal bars, one below the other."""

    def __init__(self):
        self.parts = []
        self.at = 16

    def text(self, x, y, words, style=""):
        self.parts.append(f'<text x="{x}" y="{y}" {style}>{escape(words)}</text>')

    def panel(self, title, bars, unit):
        """bars: (label, value); the longest is as wide as there is room"""
        self.text(8, self.at + 12, title, 'font-weight="bold"')
        self.at += 22
        most = max(value for _, value in bars)
        for label, value in bars:
            width = max(1, round(ROOM * value / most))
            self.text(LABEL - 8, self.at + 13, label, 'text-anchor="end"')
            self.parts.append(
                f'<rect x="{LABEL}" y="{self.at}" width="{width}" height="{BAR - 4}" fill="#4a7ebb"/>')
            self.text(LABEL + width + 6, self.at + 13, f"{value:,.0f} {unit}")
            self.at += BAR
        self.at += GAP - BAR

    def write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{self.at}" '
                       'font-family="sans-serif" font-size="12">\n')
            file.write('<rect width="100%" height="100%" fill="white"/>\n')
            file.write("\n".join(self.parts))
            file.write("\n</svg>\n")


def evidence(chart, result):
    many = f"{result['challengers']:,} at once"
    chart.panel("Evidence in a second, of a TEE that makes one report in 39 ms",
                [(f"{many}, a report for each", result["own"]["per_second"]),
                 (f"{many}, tlsbind", result["group"]["per_second"])], "in 1 s")
    chart.panel("How long 99 of 100 challengers wait at most",
                [("1, tlsbind", result["lone"]["p99_ms"]),
                 (f"{many}, tlsbind", result["group"]["p99_ms"]),
                 (f"{many}, a report for each", result["own"]["p99_ms"])], "ms")


def lookups(chart, result):
    chart.panel("Lookup by connection id, in states",
                [(f"{row['states']:,}", row["hit"]) for row in result["lookups"]], "instructions")


def keys(chart, result):
    chart.panel("Installation of a key (TLS_TX)",
                [(row["rules"] + (f", {row['count']:,} rules" if row["count"] else ""), row["median"])
                 for row in result["install"] if row["count"] != 1], "instructions")


def memory(chart, result):
    chart.panel("Memory for a connection",
                [("kTLS and two TCP sockets", result["bytes_each_without"]),
                 ("tlsbind", result["bytes_each"])], "bytes")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        bench = json.load(file)
    chart = Chart()
    evidence(chart, bench["evidence"])
    lookups(chart, bench["states"])
    memory(chart, bench["scale"])
    keys(chart, bench["installation"])
    chart.write(sys.argv[2])


if __name__ == "__main__":
    main()
