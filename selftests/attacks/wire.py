#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The wire in an attacker's hands: forwards TCP, and looks at what passes.

    wire.py LOG LISTEN=TARGET...        each ADDRESS:PORT, IPv4

When a connection is over, LOG gets a line: the port that it came to, how its client ended it
("closed", "reset", or "left" if the other side was first), and the TLS records that came from
the client, as TYPE:COUNT. Of a client that says nothing but its handshake in TLS 1.3 that is
"20:1 22:1 23:1": what it says is in records of type 23, and its Finished is the first.
"""

import collections
import os
import select
import socket
import sys
import threading


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


class Records:
    """Counts the TLS records in a stream of bytes."""

    def __init__(self):
        self.rest = b""
        self.kinds = collections.Counter()

    def feed(self, data):
        self.rest += data
        while len(self.rest) >= 5:
            size = 5 + int.from_bytes(self.rest[3:5])
            if len(self.rest) < size:
                break
            self.kinds[self.rest[0]] += 1
            self.rest = self.rest[size:]

    def __str__(self):
        # Of a record that is cut off its head counts, too: something was said.
        kinds = self.kinds + collections.Counter(self.rest[:1])
        return " ".join(f"{kind}:{kinds[kind]}" for kind in sorted(kinds))


def forward(client, server, records):
    """Until one side ends. Returns how the client did."""
    while True:
        for side in select.select([client, server], [], [])[0]:
            try:
                data = side.recv(65536)
            except ConnectionError:
                data = None
            if side is client and data:
                records.feed(data)
            if not data:
                return "left" if side is server else "reset" if data is None else "closed"
            try:
                (server if side is client else client).sendall(data)
            except ConnectionError:
                return "reset" if side is server else "left"


def serve(client, port, target, log):
    records = Records()
    try:
        with client, socket.create_connection(target) as server:
            end = forward(client, server, records)
            # What is still under way was said before the end.
            client.setblocking(False)
            try:
                while end == "left" and (data := client.recv(65536)):
                    records.feed(data)
            except OSError:
                pass
    except OSError as error:
        end = f"failed ({error})"
    os.write(log, f"{port} {end} {records}\n".encode())


def listen(pair, log):
    here, there = (address(text) for text in pair.split("="))
    listener = socket.create_server(here, backlog=4096)
    while True:
        client = listener.accept()[0]
        threading.Thread(target=serve, args=(client, here[1], there, log), daemon=True).start()


def main():
    log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    threads = [threading.Thread(target=listen, args=(pair, log)) for pair in sys.argv[2:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
