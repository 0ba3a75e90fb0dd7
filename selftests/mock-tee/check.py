#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks what mock-tee-signer makes, without any of its code.

Layouts are read with struct, signatures and chains are verified by the openssl
command. Prints TAP. Also checks that no root of the test PKI is a vendor's.
"""
import argparse
import base64
import glob
import hashlib
import os
import re
import struct
import subprocess
import sys
import tempfile

WARNING = "tlsbind MOCK TEST - NOT A REAL TEE"
GUIDS = {
    "vcek": "63da758de6644564adc5f4b93be8accd",
    "ask": "4ab7b379bbac4fe4a02f05aef327c782",
    "ark": "c0b406a4a803495297433fb6014cd0ae",
}
INTEL_ROOT_KEY = (
    "0ba9c4c0c0c86193a3fe23d6b02cda10a8bbd4e88e48b4458561a36e705525f5"
    "67918e2edc88e40d860bd0cc4ee26aacc988e505a953558c453f6b0904ae7394"
)
P256_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
DATA = bytes(range(64))


class Tap:
    """Results of the tests, one line each."""

    def __init__(self):
        self.lines = []
        self.failed = 0

    def ok(self, name, good, detail=""):
        """One result; detail is shown when it is bad."""
        self.lines.append(("ok" if good else "not ok", name))
        if not good:
            self.failed += 1
            self.lines.append(("#", str(detail)))

    def same(self, name, got, want):
        """Passes if both are equal."""
        self.ok(name, got == want, f"expected {want!r}, got {got!r}")

    def skip(self, name, why):
        """A test that cannot run here."""
        self.lines.append(("ok", f"{name} # SKIP {why}"))

    def finish(self):
        """Prints everything and returns the exit status."""
        number = 0
        print(f"1..{sum(kind != '#' for kind, _ in self.lines)}")
        for kind, text in self.lines:
            if kind == "#":
                print("# " + text.replace("\n", "\n# "))
            else:
                number += 1
                print(f"{kind} {number} - {text}")
        return 1 if self.failed else 0


def openssl(*args, data=b""):
    """Runs the openssl command: (succeeded, stdout and stderr)."""
    done = subprocess.run(["openssl", *args], input=data, capture_output=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def openssl_out(*args, data=b""):
    """Runs the openssl command, which must succeed, for its output."""
    return subprocess.run(["openssl", *args], input=data, capture_output=True, check=True).stdout


def der_tlv(data, pos=0):
    """One DER element: (tag, contents, position after it)."""
    tag, length, pos = data[pos], data[pos + 1], pos + 2
    if length & 0x80:
        size = length & 0x7F
        length, pos = int.from_bytes(data[pos:pos + size], "big"), pos + size
    if pos + length > len(data):
        raise ValueError("DER element longer than its container")
    return tag, data[pos:pos + length], pos + length


def der_children(data):
    """Elements inside a constructed one: [(tag, contents)]."""
    pos, out = 0, []
    while pos < len(data):
        tag, contents, pos = der_tlv(data, pos)
        out.append((tag, contents))
    return out


def der_oid(data):
    """Contents of an OBJECT IDENTIFIER as dotted text."""
    arcs, value = [data[0] // 40, data[0] % 40], 0
    for byte in data[1:]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    return ".".join(map(str, arcs))


def der_integer(number):
    """A DER INTEGER."""
    body = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return b"\x02" + bytes([len(body)]) + body


def der_signature(r, s):
    """A DER ECDSA-Sig-Value; r and s of P-256 and P-384 keep it below 128 bytes."""
    body = der_integer(r) + der_integer(s)
    return b"\x30" + bytes([len(body)]) + body


def extensions(cert_der):
    """Extensions of a certificate: OID -> contents of the OCTET STRING."""
    tbs = der_children(der_tlv(der_tlv(cert_der)[1])[1])
    wrapped = [contents for tag, contents in tbs if tag == 0xA3]
    out = {}
    for _, extension in der_children(der_tlv(wrapped[0])[1]):
        parts = der_children(extension)
        out[der_oid(parts[0][1])] = parts[-1][1]
    return out


def verify_signature(scratch, spki, digest, signature, message):
    """Does openssl accept the signature? spki is a public key in DER."""
    names = {}
    pem = openssl_out("pkey", "-pubin", "-inform", "DER", data=spki)
    for name, content in (("key", pem), ("sig", signature), ("msg", message)):
        names[name] = os.path.join(scratch, name)
        with open(names[name], "wb") as file:
            file.write(content)
    return openssl("dgst", f"-{digest}", "-verify", names["key"], "-signature", names["sig"],
                   names["msg"])


def verify_chain(scratch, leaf, middle, root, strict):
    """Does openssl accept the chain? All three are DER. No system roots."""
    names = []
    for name, der in (("leaf", leaf), ("middle", middle), ("root", root)):
        names.append(os.path.join(scratch, name + ".pem"))
        with open(names[-1], "wb") as file:
            file.write(openssl_out("x509", "-inform", "DER", data=der))
    extra = ["-x509_strict"] if strict else []
    return openssl("verify", "-no-CAfile", "-no-CApath", "-no-CAstore", *extra, "-CAfile",
                   names[2], "-untrusted", names[1], names[0])


def spki_of(cert_der):
    """Public key of a certificate, DER."""
    pem = openssl_out("x509", "-inform", "DER", "-pubkey", "-noout", data=cert_der)
    return openssl_out("pkey", "-pubin", "-outform", "DER", data=pem)


def subject_and_issuer(cert_der):
    """Subject and issuer as text."""
    return openssl_out("x509", "-inform", "DER", "-noout", "-subject", "-issuer",
                       data=cert_der).decode()


def pem_certs(blob):
    """All certificates in PEM text, as DER."""
    found = re.findall(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", blob, re.S)
    return [base64.b64decode(body) for body in found]


def sign(args, scratch, provider, *options):
    """Has the signer make evidence: (outblob, auxblob)."""
    aux = os.path.join(scratch, "aux")
    done = subprocess.run(
        [os.path.join(args.bin, "mock-tee-signer"), "--pki", args.pki, "--provider", provider,
         "--once", "--aux", aux, *options], input=DATA, capture_output=True, check=True)
    with open(aux, "rb") as file:
        return done.stdout, file.read()


def cert_table(aux):
    """SNP certificate table: GUID -> DER; everything is checked on the way."""
    out, pos, ends = {}, 0, []
    while aux[pos:pos + 24] != bytes(24):
        guid = aux[pos:pos + 16].hex()
        offset, length = struct.unpack_from("<II", aux, pos + 16)
        if guid in out or offset + length > len(aux):
            raise ValueError(f"bad entry {guid} {offset} {length}")
        out[guid] = aux[offset:offset + length]
        ends.append((offset, offset + length))
        pos += 24
    starts = [start for start, _ in ends] + [len(aux)]
    if starts[0] != pos + 24 or any(end != starts[i + 1] for i, (_, end) in enumerate(ends)):
        raise ValueError("gaps in the certificate table")
    return out


def snp_signature_good(scratch, report, vcek):
    """Does the VCEK accept the report's signature?"""
    r = int.from_bytes(report[0x2A0:0x2E8], "little")
    s = int.from_bytes(report[0x2E8:0x330], "little")
    return verify_signature(scratch, spki_of(vcek), "sha384", der_signature(r, s), report[:0x2A0])


def check_snp_report(tap, report, measurement):
    """The fields that do not depend on the certificates."""
    tap.same("SNP: the report has 1184 bytes", len(report), 1184)
    tap.same("SNP: version 3, ECDSA P-384, VCEK",
             (struct.unpack_from("<I", report, 0)[0], struct.unpack_from("<I", report, 0x34)[0],
              struct.unpack_from("<I", report, 0x48)[0]), (3, 1, 0))
    tap.same("SNP: policy 0x30000, no debug", struct.unpack_from("<Q", report, 8)[0], 0x30000)
    tap.same("SNP: VMPL 0", struct.unpack_from("<I", report, 0x30)[0], 0)
    tap.same("SNP: REPORT_DATA at 0x50", report[0x50:0x90], DATA)
    tap.same("SNP: measurement is that of measurement.hex", report[0x90:0xC0].hex(), measurement)
    tap.same("SNP: CPUID says Milan", tuple(report[0x188:0x18B]), (0x19, 1, 1))
    tap.ok("SNP: reserved fields and the unsigned tail are zero",
           not any(report[0x4C:0x50] + report[0x18B:0x1A0] + report[0x1F8:0x2A0] +
                   report[0x2A0 + 48:0x2E8] + report[0x2E8 + 48:0x4A0]))


def check_snp_certs(tap, scratch, report, aux):
    """Chain, VCEK extensions, signature. Returns the VCEK."""
    table = cert_table(aux)
    tap.same("SNP: the table holds VCEK, ASK and ARK", sorted(table), sorted(GUIDS.values()))
    vcek, ask, ark = (table[GUIDS[name]] for name in ("vcek", "ask", "ark"))

    tap.ok("SNP: chain VCEK, ASK, ARK", *verify_chain(scratch, vcek, ask, ark, False))
    for name, der in (("VCEK", vcek), ("ASK", ask), ("ARK", ark)):
        text = openssl_out("x509", "-inform", "DER", "-noout", "-text", data=der).decode()
        tap.ok(f"SNP: {name} is signed with RSASSA-PSS, SHA-384, salt 48",
               "Signature Algorithm: rsassaPss" in text and "Hash Algorithm: sha384" in text and
               "mgf1 with sha384" in text and "Salt Length: 0x30" in text, text)
        tap.same(f"SNP: {name} says twice that it is a mock",
                 subject_and_issuer(der).count(WARNING), 2)
    tap.ok("SNP: the VCEK is a P-384 key",
           "secp384r1" in openssl_out("pkey", "-pubin", "-inform", "DER", "-text", "-noout",
                                      data=spki_of(vcek)).decode())

    found, base = extensions(vcek), "1.3.6.1.4.1.3704.1."
    spls = [der_tlv(found[base + oid]) for oid in ("3.1", "3.2", "3.3", "3.8")]
    tap.ok("SNP: SPLs are DER INTEGERs", all(tag == 2 for tag, _, _ in spls), spls)
    tap.same("SNP: REPORTED_TCB is the VCEK's",
             [report[0x180], report[0x181], report[0x186], report[0x187]],
             [int.from_bytes(value, "big") for _, value, _ in spls])
    tap.same("SNP: CHIP_ID is the raw hwID", report[0x1A0:0x1E0], found[base + "4"])
    tap.same("SNP: product name is an IA5String", found[base + "2"], b"\x16\x08Milan-B0")
    tap.ok("SNP: signature over the report", *snp_signature_good(scratch, report, vcek))
    broken = report[:0x50] + bytes([report[0x50] ^ 1]) + report[0x51:]
    tap.ok("SNP: a flipped bit breaks it", not snp_signature_good(scratch, broken, vcek)[0])
    return vcek


def check_snp_knobs(tap, args, scratch, vcek):
    """Options that make evidence to be refused: just that one thing is wrong."""
    def bad(*options):
        report = sign(args, scratch, "sev_guest", *options)[0]
        return report, snp_signature_good(scratch, report, vcek)[0]

    report, good = bad("--debug")
    tap.same("SNP: --debug sets policy bit 19 and signs it",
             (struct.unpack_from("<Q", report, 8)[0], good), (0xB0000, True))
    report, good = bad("--vmpl", "2")
    tap.same("SNP: --vmpl 2 is reported and signed",
             (struct.unpack_from("<I", report, 0x30)[0], good), (2, True))
    report, good = bad("--tcb-mismatch")
    spl = int.from_bytes(der_tlv(extensions(vcek)["1.3.6.1.4.1.3704.1.3.3"])[1], "big")
    tap.same("SNP: --tcb-mismatch reports another TCB and signs it",
             (report[0x186], good), (spl - 1, True))
    report, good = bad("--wrong-signature")
    tap.ok("SNP: --wrong-signature does not verify", not good)


def check_snp(tap, args, scratch, measurement):
    """Everything about SNP."""
    report, aux = sign(args, scratch, "sev_guest")
    check_snp_report(tap, report, measurement)
    vcek = check_snp_certs(tap, scratch, report, aux)
    check_snp_knobs(tap, args, scratch, vcek)


def tdx_signature_good(scratch, quote):
    """Does the attestation key accept the quote's signature?"""
    key = P256_SPKI + quote[700:764]
    return verify_signature(scratch, key, "sha256", p256_signature(quote[636:700]), quote[:632])


def p256_signature(raw):
    """r and s of 32 bytes each, to DER."""
    return der_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))


def check_tdx_quote(tap, quote, measurement):
    """Header, body and lengths."""
    version, key_type, tee_type, reserved = struct.unpack_from("<HHII", quote, 0)
    tap.same("TDX: quote version 4, P-256, TDX", (version, key_type, tee_type, reserved),
             (4, 2, 0x81, 0))
    tap.same("TDX: QE vendor is Intel's", quote[12:28].hex(), "939a7233f79c4ca9940a0db3957f0607")
    body = quote[48:632]
    tap.same("TDX: attributes 0x10000000, no debug", struct.unpack_from("<Q", body, 120)[0],
             0x10000000)
    tap.same("TDX: x87 and SSE in XFAM", struct.unpack_from("<Q", body, 128)[0] & 3, 3)
    tap.same("TDX: MRTD is that of measurement.hex", body[136:184].hex(), measurement)
    tap.same("TDX: MRSIGNERSEAM and SEAMATTRIBUTES are zero", body[64:120], bytes(56))
    tap.same("TDX: REPORTDATA at 520", body[520:584], DATA)

    length = struct.unpack_from("<I", quote, 632)[0]
    outer_type, outer_len = struct.unpack_from("<HI", quote, 764)
    auth_len = struct.unpack_from("<H", quote, 636 + 582)[0]
    inner_type, inner_len = struct.unpack_from("<HI", quote, 636 + 584 + auth_len)
    tap.same("TDX: all lengths add up", (636 + length, outer_len, 590 + auth_len + inner_len),
             (len(quote), length - 134, length))
    tap.same("TDX: certification data 6, then 5", (outer_type, inner_type), (6, 5))


def check_pck_extension(tap, pck):
    """Intel's extension is complete and well-formed."""
    base = "1.2.840.113741.1.13.1"

    def pairs(sequence):
        out = {}
        for _, pair in der_children(sequence):
            (_, oid), (tag, value) = der_children(pair)
            out[der_oid(oid)] = (tag, value)
        return out

    tag, body, end = der_tlv(extensions(pck)[base])
    top = pairs(body)
    tap.same("TDX: PCK extension is one SEQUENCE of the seven parts",
             (tag, end, sorted(top)), (0x30, len(extensions(pck)[base]),
                                       [f"{base}.{i}" for i in range(1, 8)]))
    tap.same("TDX: PPID, PCE-ID, FMSPC and instance id are OCTET STRINGs of their length",
             [(top[f"{base}.{i}"][0], len(top[f"{base}.{i}"][1])) for i in (1, 3, 4, 6)],
             [(4, 16), (4, 2), (4, 6), (4, 16)])
    tcb = pairs(top[base + ".2"][1])
    svns = [int.from_bytes(tcb[f"{base}.2.{i}"][1], "big") for i in range(1, 17)]
    tap.same("TDX: 16 component SVNs, PCESVN and CPUSVN, which agree",
             (len(tcb), tcb[base + ".2.17"][0], bytes(svns)),
             (18, 2, tcb[base + ".2.18"][1]))
    tap.same("TDX: SGX type is an ENUMERATED, configuration three BOOLEANs",
             (top[base + ".5"][0], [tag for tag, _ in pairs(top[base + ".7"][1]).values()]),
             (10, [1, 1, 1]))


def check_tdx_certs(tap, scratch, quote):
    """QE report, its signature, the PCK chain."""
    auth_len = struct.unpack_from("<H", quote, 636 + 582)[0]
    qe_report, auth = quote[770:1154], quote[636 + 584:636 + 584 + auth_len]
    chain = pem_certs(quote[636 + 590 + auth_len:])
    tap.same("TDX: three certificates in the quote", len(chain), 3)
    pck, middle, root = chain

    tap.ok("TDX: chain PCK, CA, root, in strict mode",
           *verify_chain(scratch, pck, middle, root, True))
    for name, der in (("PCK", pck), ("CA", middle), ("root", root)):
        tap.same(f"TDX: {name} says twice that it is a mock",
                 subject_and_issuer(der).count(WARNING), 2)
    tap.same("TDX: the QE report binds the attestation key", qe_report[320:384],
             hashlib.sha256(quote[700:764] + auth).digest() + bytes(32))
    tap.ok("TDX: the PCK signed the QE report",
           *verify_signature(scratch, spki_of(pck), "sha256",
                             p256_signature(quote[1154:1218]), qe_report))
    tap.same("TDX: the QE is not in debug mode", qe_report[48] & 2, 0)
    check_pck_extension(tap, pck)
    tap.ok("TDX: signature over the quote", *tdx_signature_good(scratch, quote))
    broken = quote[:631] + bytes([quote[631] ^ 1]) + quote[632:]
    tap.ok("TDX: a flipped bit breaks it", not tdx_signature_good(scratch, broken)[0])


def check_tdx_knobs(tap, args, scratch):
    """Options that make evidence to be refused: just that one thing is wrong."""
    def bad(*options):
        quote = sign(args, scratch, "tdx_guest", *options)[0]
        return quote, tdx_signature_good(scratch, quote)[0]

    quote, good = bad("--debug")
    tap.same("TDX: --debug sets attribute bit 0 and signs it",
             (struct.unpack_from("<Q", quote, 48 + 120)[0], good), (0x10000001, True))
    quote, good = bad("--tcb-mismatch")
    tap.same("TDX: --tcb-mismatch clears TEE_TCB_SVN and signs it",
             (quote[48:64], good), (bytes(16), True))
    quote, good = bad("--wrong-signature")
    tap.ok("TDX: --wrong-signature does not verify", not good)


def check_tdx(tap, args, scratch, measurement):
    """Everything about TDX."""
    quote, aux = sign(args, scratch, "tdx_guest")
    tap.same("TDX: no auxiliary data", aux, b"")
    check_tdx_quote(tap, quote, measurement)
    check_tdx_certs(tap, scratch, quote)
    check_tdx_knobs(tap, args, scratch)


def vendor_certs(folder):
    """The vendors' certificates among the shared vectors, as DER."""
    out = []
    for name in sorted(glob.glob(os.path.join(folder, "*", "roots", "*.pem"))):
        with open(name, "rb") as file:
            out += pem_certs(file.read())
    return out


def check_roots(tap, args):
    """No key of the test PKI is a vendor's."""
    mine = []
    for name in ("ark", "ask", "vcek", "root", "pck-ca", "pck"):
        with open(os.path.join(args.pki, name + ".pem"), "rb") as file:
            mine += pem_certs(file.read())
    keys = {spki_of(der) for der in mine}
    tap.same("six certificates with six keys", (len(mine), len(keys)), (6, 6))
    tap.ok("no key is that of Intel's root",
           not any(key.endswith(bytes.fromhex(INTEL_ROOT_KEY)) for key in keys))

    name = "no certificate and no key is one of AMD's or Intel's"
    real = vendor_certs(args.vectors)
    if not real:
        tap.skip(name, f"the vendors' certificates are not in {args.vectors}")
        return
    fingerprints = {hashlib.sha256(der).digest() for der in real}
    tap.ok(name, len(real) >= 2 and not keys & {spki_of(der) for der in real} and
           not fingerprints & {hashlib.sha256(der).digest() for der in mine})


def main():
    """Runs all checks."""
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="directory of mock-tee-signer")
    parser.add_argument("--pki", required=True, help="directory of the test PKI")
    parser.add_argument("--vectors", default=os.path.join(here, "../../../shared/vectors"),
                        help="where the vendors' certificates may be")
    args = parser.parse_args()

    tap = Tap()
    with open(os.path.join(args.pki, "measurement.hex"), encoding="ascii") as file:
        measurement = file.read().strip()
    tap.same("the measurement begins with MOCK TEE",
             (bytes.fromhex(measurement)[:8], len(measurement)), (b"MOCK TEE", 96))
    with tempfile.TemporaryDirectory() as scratch:
        check_snp(tap, args, scratch, measurement)
        check_tdx(tap, args, scratch, measurement)
    check_roots(tap, args)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
