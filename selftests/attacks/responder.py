#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A responder in an attacker's hands.

    responder.py DIR ADDRESS GENUINE SERVER

Answers on port 8634 of ADDRESS. GENUINE is the address of the genuine responder, which it may
ask like anybody, SERVER that of the genuine TLS server, to which it has a connection of its own
(ADDRESS:PORT). What it does is in DIR/mode, read at each question: the name of a function
below. DIR/questions gets a line for each question, DIR/elsewhere one for each request to port
8700, where nobody has to ask anything; DIR/own is the id of the connection of its own.
DIR/evidence and DIR/nonce are the last genuine evidence, and the nonce that it was for;
DIR/refusals has the status of each genuine refusal.
"""

import base64
import http.server
import json
import os
import socket
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request

import keylog

PORT, ELSEWHERE = 8634, 8700
PATH = "/.well-known/tlsbind"
CLAIMS, REPORT = 1, 7       # enum tlsbind_tlv


def note(name, text):
    with open(os.path.join(DIR, name), "a", encoding="ascii") as log:
        print(text, file=log)


def keep(name, data):
    with open(os.path.join(DIR, name), "wb") as file:
        file.write(data)


def decode(data):
    return base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return value


def genuine(question, address=None):
    """What a genuine responder says: status and body."""
    request = urllib.request.Request(f"http://{address or GENUINE}:{PORT}{PATH}", json.dumps(question).encode(),
                                     {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            status, body = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        note("refusals", error.code)
        return error.code, error.read()
    keep("evidence", decode(json.loads(body)[1]))
    keep("nonce", decode(question["nonce"]).hex().encode())
    return status, body


def flip(answer, wanted, offset):
    """One bit of one field of the evidence in an answer."""
    wrapped = json.loads(answer)
    evidence = bytearray(decode(wrapped[1]))
    at = 0
    while int.from_bytes(evidence[at:at + 2]) != wanted:
        at += 6 + int.from_bytes(evidence[at + 2:at + 6])
    evidence[at + 6 + offset] ^= 1
    wrapped[1] = base64.urlsafe_b64encode(evidence).decode().rstrip("=")
    return json.dumps(wrapped).encode()


# What it does: each takes the handler and the question.

def honest(handler, question):
    handler.reply(*genuine(question))


def own(handler, question):
    """About another connection to the same server."""
    with open(os.path.join(DIR, "own"), encoding="ascii") as file:
        question["connection"] = file.read().strip()
    handler.reply(*genuine(question))


def relayed(handler, question):
    """About the relay's connection to the server, made for this very relying party."""
    keys = os.path.join(DIR, "relay-keys")
    wait_for(lambda: os.path.exists(keys) and keylog.secrets(keys))
    question["connection"] = keylog.connection_id(*keylog.secrets(keys)[-1])
    note("relayed", question["connection"])
    handler.reply(*genuine(question))


def reflect(handler, question):
    """About the relying party's own end of this very connection, by its own responder."""
    name = os.path.join(DIR, "client-id")
    wait_for(lambda: os.path.exists(name))
    with open(name, encoding="ascii") as file:
        question["connection"] = file.read().strip()
    handler.reply(*genuine(question, handler.client_address[0]))


def flip_claims(handler, question):
    """Another generation of the sending key."""
    status, body = genuine(question)
    handler.reply(status, flip(body, CLAIMS, 19))


def flip_uid(handler, question):
    status, body = genuine(question)
    handler.reply(status, flip(body, CLAIMS, 15))


def flip_report(handler, question):
    """In the measurement, so that the report says something else."""
    status, body = genuine(question)
    handler.reply(status, flip(body, REPORT, 0x90))


def cut(handler, question):
    status, body = genuine(question)
    wrapped = json.loads(body)
    wrapped[1] = wrapped[1][:400]
    handler.reply(status, json.dumps(wrapped).encode())


def empty(handler, _question):
    handler.reply(200, b"")


def text(handler, _question):
    handler.reply(200, b"<html>Welcome!</html>")


def refusal(handler, _question):
    handler.reply(200, b'{"error": "no such connection"}')


def admit(handler, _question):
    """A verdict, which is not the responder's to give."""
    handler.reply(200, b'{"verdict": "admit", "admit": true}')


def endless(handler, _question):
    handler.begin({"Content-Type": "application/vnd.tlsbind.evidence+cmw"})
    sent = 0
    try:
        while True:
            handler.wfile.write(b"[" * 4096)
            sent += 4096
    except OSError:
        note("endless", sent)


def drip(handler, _question):
    """Byte by byte, each in good time, without end."""
    handler.begin({"Content-Type": "application/vnd.tlsbind.evidence+cmw"})
    try:
        while True:
            handler.wfile.write(b" ")
            time.sleep(0.2)
    except OSError:
        pass


def drip_head(handler, _question):
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            handler.wfile.write(b"x")
            time.sleep(0.2)
    except OSError:
        pass


def mute(handler, _question):
    handler.rfile.read(1)


def redirect(handler, _question):
    handler.begin({"Location": f"http://{ADDRESS}:{ELSEWHERE}/", "Content-Length": "0"}, 307)


def redirect_file(handler, _question):
    handler.begin({"Location": "file:///etc/hostname", "Content-Length": "0"}, 302)


def never(handler, _question):
    """Come back in a hundred years."""
    handler.begin({"Retry-After": "3155760000", "Content-Length": "0"}, 503)


RECORDED = {}


def replay(handler, question):
    """The first answer is kept back, and given to the second question."""
    connection = question["connection"]
    if connection not in RECORDED:
        RECORDED[connection] = genuine(question)
        handler.reply(503, b'{"error": "busy"}')
        return
    note("replayed", connection)
    handler.reply(*RECORDED[connection])


def kept(handler, question):
    """Genuine and right, but it is given when DIR/go has the connection's id."""
    name, go = question["connection"], os.path.join(DIR, "go")

    def may_go():
        if not os.path.exists(go):
            return False
        with open(go, encoding="ascii") as file:
            return name in file.read()

    answer = genuine(question)
    note("kept", name)
    wait_for(may_go, 60)
    handler.reply(*answer)
    note("given", name)


def kept_own(handler, question):
    """The same, about another connection."""
    with open(os.path.join(DIR, "own"), encoding="ascii") as file:
        own_question = question | {"connection": file.read().strip()}
    note("kept", question["connection"])
    wait_for(lambda: os.path.exists(os.path.join(DIR, "go-on")), 60)
    handler.reply(*genuine(own_question))


class Responder(http.server.BaseHTTPRequestHandler):
    def begin(self, headers, status=200):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def reply(self, status, body):
        self.begin({"Content-Length": str(len(body))}, status)
        self.wfile.write(body)

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open(os.path.join(DIR, "mode"), encoding="ascii") as file:
            mode = file.read().strip()
        note("questions", f"{mode} {question['connection']} {question['nonce']}")
        MODES[mode](self, question)

    def log_message(self, format, *args):
        pass


class Elsewhere(Responder):
    def do_POST(self):
        note("elsewhere", self.command)
        self.reply(200, b"")

    do_GET = do_POST


MODES = {function.__name__: function for function in (
    honest, own, relayed, reflect, flip_claims, flip_uid, flip_report, cut, empty, text, refusal, admit,
    endless, drip, drip_head, mute, redirect, redirect_file, never, replay, kept, kept_own)}


def connect():
    """A connection of its own to the genuine server."""
    host, port = SERVER.rsplit(":", 1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.keylog_filename = os.path.join(DIR, "own-keys")
    return context.wrap_socket(socket.create_connection((host, int(port))))


def main():
    http.server.ThreadingHTTPServer.daemon_threads = True
    http.server.ThreadingHTTPServer.request_queue_size = 4096
    servers = [http.server.ThreadingHTTPServer((ADDRESS, port), kind)
               for port, kind in ((PORT, Responder), (ELSEWHERE, Elsewhere))]
    with connect():
        note("own", keylog.connection_id(*keylog.secrets(os.path.join(DIR, "own-keys"))[0]))
        threading.Thread(target=servers[1].serve_forever, daemon=True).start()
        servers[0].serve_forever()


if __name__ == "__main__":
    DIR, ADDRESS, GENUINE, SERVER = sys.argv[1:]
    main()
