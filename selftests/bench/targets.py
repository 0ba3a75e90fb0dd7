#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds what "make bench" has measured against what it should be: targets.py BENCH.JSON

Prints a table, and adds the member "targets" to the file.
"""

import json
import sys

# The functions that hooking.rst and doors.rst name.
HOOKED = {
    "tls_setsockopt", "tls_getsockopt", "tls_sk_proto_close", "tsm_report_inblob_write",
    "tdx_mcall_get_report0", "handle_guest_request", "snp_send_guest_request",
    "snp_issue_svsm_attest_req",
}

KEY = 1.15          # of what it costs without the module
DATA = 0.001        # of the same
LOOKUP = 1.1        # of that among 1,000
LEAF = 1.25         # of one among 1,024


def at_least(figure, target, measured, unit=""):
    return {"figure": figure, "comparison": "at least", "target": target, "measured": measured,
            "unit": unit, "met": measured >= target}


def at_most(figure, target, measured, unit=""):
    return {"figure": figure, "comparison": "at most", "target": target, "measured": measured,
            "unit": unit, "met": measured <= target}


def evidence(result):
    many, report = result["group"], result["report"]["median_ms"]
    who = f"{result['challengers']:,} challengers"
    return [
        at_least(f"evidence for {who}", 10000, many["per_second"], "in 1 s"),
        at_least("times what a report for each gives", 400,
                 many["per_second"] / result["own"]["per_second"]),
        at_most(f"99 of 100 of {who} wait", 2 * report + 20, many["p99_ms"], "ms"),
        at_most("99 of 100 who are alone wait", report + 1, result["lone"]["p99_ms"], "ms"),
    ]


def keys(result):
    rows = {(row["rules"], row["count"]): row for row in result["install"]}
    without = rows["no module", 0]
    return [at_most(f"a key to {verb} with, 1,000 rules by {rules}", KEY,
                    rows[rules, 1000][way] / without[way], "times")
            for rules in ("port", "prefix", "range") for way, verb in (("tx", "send"), ("rx", "receive"))]


def data(result):
    differences = [abs(call[setting]["median"] - call["without"]["median"]) / call["without"]["median"]
                   for call in result["calls"] for setting in ("with", "rules", "evidence")]
    return [
        at_most("a call that moves data, greatest difference", DATA * 1000, max(differences) * 1000,
                "in 1,000"),
        at_most("functions that are hooked without a name in the manual", 0,
                len(set(result["hooked"]) - HOOKED)),
    ]


def scale(result):
    return [at_most("memory of a connection", 256, result["bytes_each"], "bytes")]


def states(result):
    lookups = result["lookups"]
    return [at_most(f"lookup among up to {lookups[-1]['states']:,}, {what}, against {lookups[0]['states']:,}",
                    LOOKUP, max(row[key] for row in lookups) / lookups[0][key], "times")
            for key, what in (("hit", "found"), ("miss", "not there"))]


def tree(result):
    first, last = result[0], result[-1]
    return [
        at_most("a leaf of a tree, but hashes", 500, max(row["beyond_ns"] for row in result), "ns"),
        at_most(f"a leaf among {last['leaves']:,}, against {first['leaves']:,}", LEAF,
                last["all_ns"] / first["all_ns"], "times"),
    ]


def number(value):
    """As many digits as say something."""
    if isinstance(value, int) or value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def targets(bench):
    return (evidence(bench["evidence"]) + keys(bench["installation"]) + data(bench["data"]) +
            scale(bench["scale"]) + states(bench["states"]) + tree(bench["tree"]))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        bench = json.load(file)
    bench["targets"] = targets(bench)
    print(f"{'figure':56} {'target':>16} {'measured':>10}")
    for row in bench["targets"]:
        target = f"{row['comparison']} {number(row['target'])}"
        print(f"{row['figure']:56} {target:>16} {number(row['measured']):>10} {row['unit']:9}"
              f"{'met' if row['met'] else 'MISSED'}")
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(bench, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
