#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server whose evidence is bound to a nonce and to its TLS public key.

This is what attested TLS deployed today does ("level 1"), and what a relay with
the stolen TLS key defeats. It needs no kernel module: it asks configfs-tsm for a
report from user space, like any program in a confidential guest can, with

    REPORT_DATA = SHA-512("level-1 demo" 00 || nonce || SHA-384(SubjectPublicKeyInfo))

    level1-attester.py ADDR PORT CERT KEY
"""

import hashlib
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading

TSM = "/sys/kernel/config/tsm/report/level1"
NONCE_SIZE = 32
BODY_MAX = 4096


def public_key_digest(cert):
    """SHA-384 of the certificate's SubjectPublicKeyInfo."""
    pem = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-pubkey"],
                         check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"],
                         input=pem, check=True, capture_output=True).stdout
    return hashlib.sha384(der).digest()


def read_attribute(name):
    with open(f"{TSM}/{name}", "rb") as attribute:
        return attribute.read()


def hardware_report(report_data):
    """One report through configfs-tsm: (provider, report, certificates)."""
    os.mkdir(TSM)
    try:
        with open(f"{TSM}/inblob", "wb") as inblob:
            inblob.write(report_data)
        provider = read_attribute("provider").decode().strip()
        report = read_attribute("outblob")
        # Only SNP has certificates beside the report; a quote holds its own.
        aux = read_attribute("auxblob") if provider == "sev_guest" else b""
        return provider, report, aux
    finally:
        os.rmdir(TSM)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    key_digest = None
    tsm_lock = threading.Lock()

    def reply(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if not self.close_connection:
            self.send_header("Connection", "keep-alive")
        self.end_headers()
        self.wfile.write(body)

    def evidence(self, body):
        nonce = bytes.fromhex(json.loads(body)["nonce"])
        if len(nonce) != NONCE_SIZE:
            raise ValueError(f"a nonce has {NONCE_SIZE} bytes")
        data = hashlib.sha512(b"level-1 demo\0" + nonce + self.key_digest).digest()
        with self.tsm_lock:
            provider, report, aux = hardware_report(data)
        return {"provider": provider, "report": report.hex(), "aux": aux.hex()}

    def do_GET(self):
        self.reply(200, {"greeting": "Hello from the guest."})

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        if not 0 <= length <= BODY_MAX:
            self.close_connection = True
            self.reply(413, {"error": "body too long"})
            return
        body = self.rfile.read(length)
        if self.path != "/level1":
            self.reply(404, {"error": "not found"})
            return
        try:
            self.reply(200, self.evidence(body))
        except (KeyError, TypeError, ValueError) as error:
            self.reply(400, {"error": str(error)})
        except OSError as error:
            self.reply(503, {"error": str(error)})

    def finish(self):
        super().finish()
        try:
            self.connection.unwrap()    # close_notify
        except OSError:
            pass                        # the peer went first

    def log_message(self, format, *args):
        pass


def main():
    addr, port, cert, key = sys.argv[1:]
    Handler.key_digest = public_key_digest(cert)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    tls.load_cert_chain(cert, key)
    server = http.server.ThreadingHTTPServer((addr, int(port)), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True,
                                    do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    main()
