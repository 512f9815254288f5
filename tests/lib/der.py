"""Certificates to be tried: made by openssl, taken apart as DER, and put together again with one thing changed."""
import base64
import random
import re
import subprocess
import tempfile

CONSTRUCTED = 0x20


def run(*command, stdin=None):
    return subprocess.run([str(c) for c in command], input=stdin, capture_output=True, check=True).stdout


def new_key(kind):
    """A private key in PEM: rsa:2048, ec:prime256v1, ed25519, ..."""
    name, _, option = kind.partition(":")
    options = {"rsa": ["-pkeyopt", f"rsa_keygen_bits:{option}"], "ec": ["-pkeyopt", f"ec_paramgen_curve:{option}"]}.get(name, [])
    return run("openssl", "genpkey", "-algorithm", name, *options)


def new_certificate(key, *options, name="leaf.example.com"):
    """A self-signed certificate of it, in PEM."""
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(key)
        file.flush()
        return run("openssl", "req", "-x509", "-new", "-key", file.name, "-days", "3650", "-subj", f"/CN={name}",
                   "-addext", f"subjectAltName=DNS:{name}", *options)


def unpem(text):
    """DER of the first block."""
    return base64.b64decode(re.search(rb"-----BEGIN [^-]*-----\n(.*?)-----END", text, re.S)[1])


def pem(der, label="CERTIFICATE"):
    text = base64.b64encode(der).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return (f"-----BEGIN {label}-----\n" + "\n".join(lines) + f"\n-----END {label}-----\n").encode()


def length(n, extra=0):
    """As DER has it; extra: as so many bytes more, which it has not."""
    if n < 0x80 and not extra:
        return bytes([n])
    size = (n.bit_length() + 7) // 8 or 1
    return bytes([0x80 | size + max(0, extra - 1)]) + bytes(max(0, extra - 1)) + n.to_bytes(size, "big")


class Node:
    """One element: bytes, or elements in it. `head` replaces tag and length, `tail` stands behind."""

    def __init__(self, tag, body, children=None):
        self.tag, self.body, self.children, self.extra, self.indefinite = tag, body, children, 0, False

    def encode(self):
        body = self.body if self.children is None else b"".join(c.encode() for c in self.children)
        if self.indefinite:
            return bytes([self.tag]) + b"\x80" + body + b"\x00\x00"
        return bytes([self.tag]) + length(len(body), self.extra) + body

    def nodes(self):
        yield self
        for child in self.children or []:
            yield from child.nodes()


def parse(der, inside=True):
    """The elements in these bytes; octet strings that hold elements are taken apart, too."""
    out, at = [], 0
    while at < len(der):
        tag, size, at = der[at], der[at + 1], at + 2
        if size & 0x80:
            n = size & 0x7f
            if not n or n > 4:
                raise ValueError("no DER")
            size, at = int.from_bytes(der[at:at + n], "big"), at + n
        body, at = der[at:at + size], at + size
        if len(body) != size:
            raise ValueError("cut off")
        node = Node(tag, body)
        if tag & CONSTRUCTED or tag == 0x04 and inside:
            try:
                node.children = parse(body, inside)
            except (ValueError, IndexError):
                node.children = None
        out.append(node)
    return out


def mutate(der, rng):
    """The same with one element changed."""
    root = parse(der)[0]
    nodes = list(root.nodes())
    node = rng.choice(nodes)
    kind = rng.randrange(12)
    if node.children is None and kind < 6:
        body = bytearray(node.body)
        if kind == 0 and body:
            body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
        elif kind == 1 and body:
            body[rng.randrange(len(body))] = rng.choice([0, 0x7f, 0x80, 0xff])
        elif kind == 2:
            body.insert(rng.randrange(len(body) + 1), rng.choice([0, 1, 0x80, 0xff]))
        elif kind == 3 and body:
            del body[rng.randrange(len(body))]
        elif kind == 4:
            body = bytearray(rng.randbytes(rng.choice([0, 1, 2, 8, 20, 21, 40])))
        elif body:
            body[0] = rng.choice([0, 1, 4, 7, 8, 0x7f, 0x80, 0xff])
        node.body = bytes(body)
    elif kind == 6:
        node.tag = rng.choice([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1e, 0x30, 0x31, 0x80, 0x81, 0x82, 0x86, 0x87, 0xa0, 0xa1, 0xa3])
    elif kind == 7:
        node.extra = rng.choice([1, 2])
    elif kind == 8 and node.children is not None:
        node.indefinite = True
    elif node.children:
        i = rng.randrange(len(node.children))
        if kind == 9:
            del node.children[i]
        elif kind == 10:
            node.children.insert(i, node.children[rng.randrange(len(node.children))])
        else:
            j = rng.randrange(len(node.children))
            node.children[i], node.children[j] = node.children[j], node.children[i]
    return root.encode()


def rng(seed):
    return random.Random(seed)
