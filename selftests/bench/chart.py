#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws what "make bench" has measured: chart.py BENCH.JSON CHART.SVG"""

import json
import sys
from xml.sax.saxutils import escape

from targets import number

WIDTH = 1240
COLUMN = 600        # of two
LABEL = 210
ROOM = 290          # for the longest bar; its value stands behind it
BAR = 18
MARGIN = 24

BLUE, GREY, GREEN, RED = "#3b6ea5", "#a9b4c0", "#2e7d4f", "#b3362b"
WITH, WITHOUT = BLUE, GREY


class Chart:
    """Panels in two columns, each below what stands in its column."""

    def __init__(self):
        self.parts = []
        self.at = [0, 0]

    def text(self, x, y, words, style=""):
        """With an edge of white, so that it can be read upon a line."""
        self.parts.append(f'<text x="{x}" y="{y}" stroke="white" stroke-width="3" paint-order="stroke" '
                          f'{style}>{escape(words)}</text>')

    def rect(self, x, y, width, height, fill):
        self.parts.append(f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}"/>')

    def line(self, x, top, bottom, colour):
        self.parts.append(f'<line x1="{x}" y1="{top}" x2="{x}" y2="{bottom}" stroke="{colour}" '
                          'stroke-width="1.5" stroke-dasharray="4 3"/>')

    def title(self, words):
        self.text(MARGIN, 34, words, 'font-size="20" font-weight="bold"')
        at = WIDTH - MARGIN - 300
        for colour, what in ((WITHOUT, "without tlsbind"), (WITH, "with tlsbind")):
            self.rect(at, 22, 14, 14, colour)
            self.text(at + 20, 34, what)
            at += 150
        self.at = [52, 52]

    def panel(self, column, title, bars, unit, target=None, best="at most"):
        """bars: (label, value, colour); target: where a dashed line is drawn, in the bars' unit"""
        left = MARGIN + column * COLUMN
        at = self.at[column]
        self.text(left, at + 14, title, 'font-size="14" font-weight="bold"')
        at += 26
        most = max([value for _, value, _ in bars] + [target or 0])
        widths = [max(1, round(ROOM * value / most)) for _, value, _ in bars]
        for i, (_, _, colour) in enumerate(bars):
            self.rect(left + LABEL, at + BAR * i, widths[i], BAR - 4, colour)
        if target:
            x = left + LABEL + round(ROOM * target / most)
            self.line(x, at - 4, at + BAR * len(bars), RED)
        for width, (label, value, _) in zip(widths, bars):
            self.text(left + LABEL - 8, at + 13, label, 'text-anchor="end"')
            self.text(left + LABEL + width + 6, at + 12, f"{number(value)} {unit}")
            at += BAR
        if target:
            self.text(x, at + 12, f"target: {best} {number(target)}",
                      f'font-size="11" fill="{RED}" text-anchor="middle"')
            at += 14
        self.at[column] = at + MARGIN

    def verdicts(self, targets):
        at = max(self.at)
        columns = (MARGIN + 20, 700, 900, 1080)
        self.text(MARGIN, at + 14, "Targets", 'font-size="14" font-weight="bold"')
        for x, words in zip(columns[1:], ("target", "measured", "")):
            self.text(x, at + 14, words, 'text-anchor="end" fill="#555"')
        at += 24
        for i, row in enumerate(targets):
            if i % 2 == 0:
                self.rect(MARGIN, at, WIDTH - 2 * MARGIN, BAR, "#f2f4f7")
            colour = GREEN if row["met"] else RED
            self.parts.append(f'<circle cx="{MARGIN + 9}" cy="{at + 9}" r="5" fill="{colour}"/>')
            self.text(columns[0], at + 13, row["figure"])
            self.text(columns[1], at + 13, f"{row['comparison']} {number(row['target'])}",
                      'text-anchor="end"')
            self.text(columns[2], at + 13, number(row["measured"]), 'text-anchor="end"')
            self.text(columns[2] + 8, at + 13, row["unit"])
            self.text(columns[3], at + 13, "met" if row["met"] else "missed",
                      f'fill="{colour}" font-weight="bold"')
            at += BAR
        self.at = [at + MARGIN, at + MARGIN]

    def write(self, path):
        height = max(self.at)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
                       f'width="{WIDTH}" height="{height}" '
                       'font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222">\n')
            file.write('<rect width="100%" height="100%" fill="white"/>\n')
            file.write("\n".join(self.parts))
            file.write("\n</svg>\n")


def evidence(chart, result):
    many, report = f"{result['challengers']:,} at once", result["report"]["median_ms"]
    chart.panel(0, f"Evidence, of a TEE that makes one report in {number(report)} ms",
                [(f"{many}, a report for each", result["own"]["per_second"], WITHOUT),
                 (f"{many}, in a row", result["group"]["per_second"], WITH),
                 (f"{many}, at random", result["pausing"]["per_second"], WITH)], "in 1 s",
                10000, "at least")
    chart.panel(0, "How long 99 of 100 wait for it (a report for each: "
                f"{number(result['own']['p99_ms'] / 1000)} s)",
                [("a report, no tlsbind", result["report"]["p99_ms"], WITHOUT),
                 ("1 challenger", result["lone"]["p99_ms"], WITH),
                 (f"{many}, in a row", result["group"]["p99_ms"], WITH),
                 (f"{many}, at random", result["pausing"]["p99_ms"], WITH)], "ms", 2 * report + 20)


def keys(chart, result):
    rows = [row for row in result["install"] if row["count"] != 1]
    for key, what in (("tx", "send"), ("rx", "receive")):
        chart.panel(1, f"Installing a key to {what} with, instructions",
                    [(f"{row['count']:,} rules by {row['rules']}" if row["count"] else
                      {"none": "no rule"}.get(row["rules"], row["rules"]), row[key],
                      WITHOUT if row["rules"] == "no module" else WITH) for row in rows], "",
                    1.15 * rows[0][key])


def data(chart, result):
    bars = []
    for call in result["calls"]:
        if call["suite"] != "TLS_AES_128_GCM_SHA256":
            continue
        name = f"{call['call']}, {call['bytes']:,} bytes"
        bars += [(name, call["without"]["median"], WITHOUT), ("", call["rules"]["median"], WITH)]
    chart.panel(0, "Data over kTLS, AES-128-GCM, without and with the module, instructions", bars, "")


def lookups(chart, result):
    rows = result["lookups"]
    chart.panel(1, "Lookup by connection id, among so many, instructions",
                [(f"{row['states']:,}", row["hit"], WITH) for row in rows], "", 1.1 * rows[0]["hit"])


def memory(chart, result):
    chart.panel(1, "Memory for a connection",
                [("kTLS and two TCP sockets", result["bytes_each_without"], WITHOUT),
                 ("tlsbind", result["bytes_each"], WITH)], "bytes", 256)


def tree(chart, result):
    chart.panel(1, "A leaf of a tree of so many, time of this machine",
                [part for row in result for part in (
                    (f"{row['leaves']:,} leaves", row["all_ns"], WITHOUT),
                    ("but hashes", row["beyond_ns"], WITH))], "ns", 500)


def gate(chart, result):
    beyond = result["gated_us"] - result["handshake_us"] - result["report_us"]
    chart.panel(0, "What the gate adds to a connection, time of the guest",
                [("handshake", result["handshake_us"] / 1000, WITHOUT),
                 ("a report", result["report_us"] / 1000, WITHOUT),
                 ("the rest", beyond / 1000, WITH)], "ms")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        bench = json.load(file)
    chart = Chart()
    chart.title(f"tlsbind, Linux {bench['installation']['kernel']}")
    chart.verdicts(bench["targets"])
    evidence(chart, bench["evidence"])
    keys(chart, bench["installation"])
    data(chart, bench["data"])
    memory(chart, bench["scale"])
    lookups(chart, bench["states"])
    tree(chart, bench["tree"])
    gate(chart, bench["gate"])
    chart.write(sys.argv[2])


if __name__ == "__main__":
    main()
