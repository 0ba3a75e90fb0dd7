#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Looks for connections at a responder by guessing, and at how long it takes to say no.

    probe.py ADDRESS:PORT ID [PAIRS]

ID is that of a connection that exists. Asks PAIRS times, in turns, about an id that differs from
it in the last bit and about one of no likeness; then about ID itself. Prints the medians in
microseconds, and of the pairs in how many the similar one took longer: if lookups cannot be told
from each other, about half of them, with a standard deviation of half the root of PAIRS. Without
PAIRS it asks once about an id of no likeness. Exit status 1: an answer was other than 404; 2: the
two can be told apart (four standard deviations).
"""

import base64
import http.client
import json
import os
import statistics
import sys
import time


def ask(connection, name):
    body = json.dumps({"nonce": base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("="),
                       "connection": name})
    begin = time.monotonic_ns()
    connection.request("POST", "/.well-known/tlsbind", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status, (time.monotonic_ns() - begin) / 1000


def main():
    connection = http.client.HTTPConnection(sys.argv[1], timeout=60)
    if len(sys.argv) < 4:
        status, took = ask(connection, os.urandom(16).hex())
        print(f"status {status} after {took / 1000:.0f} ms")
        sys.exit(status != 404)
    exists, pairs = sys.argv[2], int(sys.argv[3])
    similar = f"{exists[:-1]}{int(exists[-1], 16) ^ 1:x}"
    times = {similar: [], None: []}
    for turn in range(pairs):
        for name in (similar, None) if turn % 2 else (None, similar):
            status, took = ask(connection, name or os.urandom(16).hex())
            if status != 404:
                sys.exit(f"status {status}")
            times[name].append(took)
    longer = sum(a > b for a, b in zip(times[similar], times[None]))
    status, took = ask(connection, exists)
    print(f"no likeness {statistics.median(times[None]):.0f} us, "
          f"all but a bit {statistics.median(times[similar]):.0f} us, longer in {longer} of {pairs}; "
          f"the one that exists: status {status} after {took:.0f} us")
    sys.exit(2 * (abs(longer - pairs / 2) > 2 * pairs ** 0.5))


if __name__ == "__main__":
    main()
