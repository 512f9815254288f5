"""Certificates, authorities and revocation lists: what sluice takes, Go's crypto/x509 and the real Envoy take, and each rule has members."""
import base64
import functools
import json
import os
import pathlib
import re
import subprocess

import der
import envoy
import pytest

HERE = pathlib.Path(__file__).parent
MARK = b"\xef\xbb\xbf"
GENERATED = int(os.environ.get("GENERATED", "200"))  # mutated certificates of each use
SEED = int(os.environ.get("SEED", "1"))

CLASS = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "pomerium"}, "spec": {"controller": "pomerium.io/ingress-controller"}}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "app", "namespace": "n"}, "spec": {"ports": [{"port": 80}]}}


# ---- material ----

@functools.cache
def key(kind="ec:prime256v1"):
    return der.new_key(kind)


@functools.cache
def pair(kind="ec:prime256v1", *options):
    return der.new_certificate(key(kind), *options), key(kind)


def changed(find, change, kind="ec:prime256v1"):
    """The certificate with one element of its DER changed; its signature is wrong then, which nobody asks."""
    root = der.parse(der.unpem(pair(kind)[0]))[0]
    change(find(root))
    return der.pem(root.encode()), key(kind)


def serial(root):
    return root.children[0].children[1]


def set_body(value):
    def change(node):
        node.body, node.children = value, None
    return change


def tbs(root):
    return root.children[0]


def add_child(node):
    node.children.append(node.children[1])


def text(part, change):
    """One of the two texts of the good pair, changed."""
    cert, private = pair()
    return (change(cert), private) if part == "cert" else (cert, change(private))


# ---- the three readers ----

def secret(name, data, kind="kubernetes.io/tls"):
    return {"apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": {"name": name, "namespace": "n"},
            "data": {k: base64.b64encode(v).decode() for k, v in data.items()}}


def ingress(name, annotations=None, tls=None):
    spec = {"ingressClassName": "pomerium", "rules": [{"host": f"{name}.example.com", "http": {"paths": [
        {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "app", "port": {"number": 80}}}}]}}]}
    if tls:
        spec["tls"] = [{"hosts": [f"{name}.example.com"], "secretName": tls}]
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {
        "name": name, "namespace": "n", "annotations": {f"ingress.pomerium.io/{k}": v for k, v in (annotations or {}).items()}}, "spec": spec}


def objects(use, name, cert, private):
    """An Ingress that uses it so."""
    if use == "server":
        return [secret(name, {"tls.crt": cert, "tls.key": private}), ingress(name, tls=name)]
    if use == "client":
        return [secret(name, {"tls.crt": cert, "tls.key": private}, "Opaque"), ingress(name, {"secure_upstream": "true", "tls_client_secret": name})]
    annotation = {"upstream": "tls_custom_ca_secret", "downstream": "tls_downstream_client_ca_secret"}[use]
    return [secret(name, {"ca.crt": cert}, "Opaque"), ingress(name, {"secure_upstream": "true", annotation: name})]


def translate(sluice, tmp_path, items):
    """{name: code} of what sluice rejects of (name, use, cert, key)."""
    documents = [CLASS, SERVICE] + [o for name, use, cert, private in items for o in objects(use, name, cert, private)]
    path = tmp_path / "members.json"
    path.write_text("\n---\n".join(json.dumps(d) for d in documents))
    done = subprocess.run([sluice, "translate", "-f", path, "--format", "json"], capture_output=True, text=True, timeout=600)
    assert done.returncode in (0, 1), done.stderr[:2000]
    found = re.findall(r"(?m)^n/(\S+): (?!warning: ).*\[SLU(\d+)\]$", done.stderr)
    return {name: int(code) for name, code in found}


@functools.cache
def go():
    folder = pathlib.Path(envoy.program()).parent
    program = folder / "x509"
    subprocess.run(["go", "build", "-o", program, "."], cwd=HERE / "x509", check=True)
    return str(program)


USES = ["server", "client", "upstream", "downstream"]


def ask_go(items):
    """Of pairs; authorities Pomerium hands on as they are."""
    pairs = [i for i in items if i[1] in ("server", "client")]
    questions = "".join(json.dumps({"kind": "pair" if use == "server" else "client", "cert": base64.b64encode(cert).decode(), "key": base64.b64encode(private or b"").decode()}) + "\n"
                        for _, use, cert, private in pairs)
    done = subprocess.run([go()], input=questions, capture_output=True, text=True, check=True)
    answers = iter([json.loads(line) for line in done.stdout.splitlines()])
    return [next(answers) if i in pairs else {"why": ""} for i in items]


def build(items):
    """One Envoy configuration of all of them: (item, what Go made of it)."""
    routes, certificates = [], []
    for (name, use, cert, _), answer in items:
        route = {"name": name, "id": name, "from": f"https://{name}.example.com", "to": ["https://10.0.0.1:8443"], "prefix": "/"}
        encoded = base64.b64encode(cert).decode()
        if use == "server":
            certificates.append((base64.b64decode(answer["cert"]), base64.b64decode(answer["key"])))
        elif use == "client":
            route.update(tls_client_cert=answer["cert"], tls_client_key=answer["key"])
        else:
            route["tls_custom_ca" if use == "upstream" else "tls_downstream_client_ca"] = encoded
        routes.append(route)
    return envoy.bootstrap(routes, certificates=certificates or [pair()])


def refused_by_others(items):
    answers = ask_go(items)
    bad = [(name, "Go: " + a["why"]) for (name, _, _, _), a in zip(items, answers) if a["why"]]
    asked = [(i, a) for i, a in zip(items, answers) if not a["why"]]
    return bad + [(str(i[0][0]) if isinstance(i, tuple) else str(len(i)), "Envoy: " + why) for i, why in envoy.refused(asked, build)]


# ---- members ----

GOOD, PEM_LINE, PEM_BLOCK = 0, 1211, 1212


def members():
    """(name, uses, cert and key, code): what a rule refuses and what it just takes."""
    servers, chains, bundles = ["server"], ["server", "client"], ["upstream", "downstream"]
    every = chains + bundles
    cert = pair()[0]
    body = cert.split(b"\n")
    both = lambda change: text("cert", change)
    yield from [
        ("plain", every, pair(), GOOD),
        ("rsa2048", chains, pair("rsa:2048"), GOOD), ("rsa3072", chains, pair("rsa:3072"), GOOD),
        ("p384", chains, pair("ec:secp384r1"), GOOD), ("p521", chains, pair("ec:secp521r1"), GOOD), ("ed25519", chains, pair("ed25519"), GOOD),
        ("rsa1024", chains, pair("rsa:1024"), 1208), ("rsa1536", chains, pair("rsa:1536"), 1208), ("rsa2040", chains, pair("rsa:2040"), 1208),
        ("p224", chains, pair("ec:secp224r1"), 1209), ("k256", chains, pair("ec:secp256k1"), 1209), ("brainpool", chains, pair("ec:brainpoolP256r1"), 1209),
        ("ed448", chains, pair("ed448"), 1207),
        ("rsa1024-authority", bundles, pair("rsa:1024"), GOOD), ("k256-authority", bundles, pair("ec:secp256k1"), GOOD),
        ("staple", servers, pair("ec:prime256v1", "-addext", "tlsfeature=status_request"), 1203),
        ("staple-v2", servers, pair("ec:prime256v1", "-addext", "tlsfeature=status_request,status_request_v2"), 1203),
        ("staple-rsa", servers, pair("rsa:2048", "-addext", "tlsfeature=status_request"), 1203),
        ("staple-client", ["client"], pair("ec:prime256v1", "-addext", "tlsfeature=status_request"), GOOD),
        ("staple-authority", bundles, pair("ec:prime256v1", "-addext", "tlsfeature=status_request"), GOOD),
        ("serial-minus-one", chains, changed(serial, set_body(b"\xff")), 1204), ("serial-minus-many", chains, changed(serial, set_body(b"\x80" + bytes(19))), 1204),
        ("serial-zero", chains, changed(serial, set_body(b"\0")), GOOD), ("serial-padded", every, changed(serial, set_body(b"\0\1")), 1205),
        ("serial-empty", every, changed(serial, set_body(b"")), 1205),
        ("unsigned-key-usage", chains, pair("ec:prime256v1", "-addext", "keyUsage=keyAgreement"), 1210),
        ("signing-key-usage", chains, pair("ec:prime256v1", "-addext", "keyUsage=digitalSignature"), GOOD),
        ("encipherment-only-rsa", chains, pair("rsa:2048", "-addext", "keyUsage=keyEncipherment"), GOOD),
        ("bom", every, both(lambda c: MARK + c), PEM_LINE), ("space", every, both(lambda c: b" " + c), PEM_LINE), ("letters", every, both(lambda c: b"cert: " + c), PEM_LINE),
        ("bom-in-a-line-of-its-own", every, both(lambda c: MARK + b"\n" + c), GOOD), ("bom-before-text", every, both(lambda c: MARK + b"# mine\n" + c), GOOD),
        ("bom-between", every, both(lambda c: c + MARK + c), PEM_LINE),
        ("text-before", every, both(lambda c: b"subject=/CN=me\n\n" + c), GOOD), ("text-between", every, both(lambda c: c + b"\n# the next\n" + c), GOOD),
        ("crlf", every, both(lambda c: c.replace(b"\n", b"\r\n")), GOOD), ("no-last-line-feed", every, both(lambda c: c.rstrip()), GOOD),
        ("second-cut", every, both(lambda c: c + c[:len(c) // 2]), PEM_BLOCK), ("second-without-end", every, both(lambda c: c + c.replace(body[-2], b"")), PEM_BLOCK),
        ("second-begins-only", every, both(lambda c: c + body[0] + b"\n"), PEM_BLOCK), ("end-only", every, both(lambda c: c + body[-2] + b"\n"), PEM_BLOCK),
        ("second-no-base64", every, both(lambda c: c + body[0] + b"\n!!!!\n" + body[-2] + b"\n"), PEM_BLOCK),
        ("second-no-certificate", every, both(lambda c: c + der.pem(b"\x30\x00")), 1205), ("second-garbage", every, both(lambda c: c + der.pem(b"hello")), 1205),
        ("second-short", every, both(lambda c: c + der.pem(der.unpem(c)[:-1])), 1205), ("second-long", every, both(lambda c: c + der.pem(der.unpem(c) + b"\0")), 1205),
        ("second-serial", every, both(lambda c: c + changed(serial, set_body(b"\xff"))[0]), GOOD),
        ("empty", bundles, both(lambda c: b"hello\n"), 1220), ("cut", bundles, both(lambda c: c[:len(c) // 2]), PEM_BLOCK),
        ("key-in-bundle", bundles, both(lambda c: c + key()), 1222), ("key-in-chain", chains, both(lambda c: c + key()), 1213),
        ("key-bom", chains, text("key", lambda k: MARK + k), 1215), ("key-space", chains, text("key", lambda k: b" " + k), 1215),
        ("key-text-before", chains, text("key", lambda k: b"my key\n" + k), GOOD), ("key-cut", chains, text("key", lambda k: k[:60]), 1215),
        ("key-of-another", chains, (pair()[0], der.new_key("ec:prime256v1")), 1217), ("key-of-another-kind", chains, (pair()[0], key("rsa:2048")), 1217),
        ("no-version-3", chains, changed(lambda r: tbs(r).children[0].children[0], set_body(b"\1")), 1205),
        ("extension-twice", chains, changed(lambda r: tbs(r).children[-1].children[0], add_child), 1206),
    ]


def expand():
    for name, uses, (cert, private), code in members():
        for use in uses:
            yield f"{use}-{name}", use, cert, private, code


def test_members(sluice, tmp_path):
    """Each is taken or refused as its rule says, and by no other rule."""
    items = list(expand())
    rejected = translate(sluice, tmp_path, [i[:4] for i in items])
    wrong = [(name, "expected", code, "got", rejected.get(name, GOOD)) for name, _, _, _, code in items if rejected.get(name, GOOD) != code]
    assert not wrong, "\n".join(map(str, wrong))


def test_what_is_taken_is_taken_by_go_and_envoy(sluice, tmp_path):
    items = [i[:4] for i in expand()]
    rejected = translate(sluice, tmp_path, items)
    bad = refused_by_others([i for i in items if i[0] not in rejected])
    assert not bad, "\n".join(map(str, bad))


def test_members_that_are_refused_are_refused_by_another(sluice, tmp_path):
    """A rule has a source: of the members of one code, a reader refuses one at least."""
    ours = {1213, 1222}  # a private key among certificates: it would be shown in clear
    refusals = {}
    for name, use, cert, private, code in expand():
        if code and code not in ours:
            refusals.setdefault(code, []).append((name, use, cert, private))
    for code, items in sorted(refusals.items()):
        assert refused_by_others(items), f"SLU{code}: every reader takes all of {[i[0] for i in items]}"


@pytest.mark.parametrize("use", USES)
def test_mutated(sluice, tmp_path, use):
    """Certificates with one element changed: nothing that we take is refused by Go or Envoy."""
    rng = der.rng(SEED)
    bases = [der.unpem(pair(kind, *options)[0]) for kind, *options in (
        ["ec:prime256v1"], ["rsa:2048", "-addext", "keyUsage=digitalSignature"], ["ed25519", "-addext", "certificatePolicies=1.2.3"])]
    kinds = ["ec:prime256v1", "rsa:2048", "ed25519"]
    items = []
    for i in range(GENERATED):
        which = rng.randrange(len(bases))
        items.append((f"m{i}", use, der.pem(der.mutate(bases[which], rng)), key(kinds[which])))
    rejected = translate(sluice, tmp_path, items)
    bad = refused_by_others([i for i in items if i[0] not in rejected])
    assert not bad, "\n".join(map(str, bad))
