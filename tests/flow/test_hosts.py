"""Two tenants, one host: whose routes are published. Ages are those of the Ingresses, and each case is asked of the offline command and of the pipeline."""
import base64
import json
import subprocess

import pytest
from bootstrap import POMERIUM, secret
from pipeline import CLASS, Pipeline, app, tls_secret, translate, wait_for, write

OLD, YOUNG = "2024-01-01T00:00:00Z", "2024-01-01T00:00:01Z"


def aged(age, name, address, **more):
    """An Ingress of that age, with its Service."""
    namespace = more.setdefault("namespace", "shop")
    head = f"  name: {name}\n  namespace: {namespace}\n"
    text = app(name, address, **more)
    assert head in text
    return text.replace(head, f"{head}  creationTimestamp: {age}\n" if age else head)


def bank(age=OLD, **more):
    return aged(age, "bank", "10.0.0.1", namespace="victim", host="bank.example.com", **more)


def evil(age=YOUNG, name="x", namespace="aaa", **more):
    return aged(age, name, "6.6.6.6", namespace=namespace, **more)


def both(sluice, tmp_path, *documents, args=()):
    """(status, Config, sentences), which are the same from the offline command and from four processes."""
    folder, out = tmp_path / "in", tmp_path / "out.json"
    write(folder / "class.yaml", CLASS)
    for i, document in enumerate(documents):
        write(folder / f"{i}.yaml", document)
    status, stdout, stderr = translate(sluice, folder, args=args)
    done = subprocess.run([sluice, "up", "--once", "-f", folder, "--out", out, "--format", "json", *args], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stderr
    assert json.loads(out.read_text()) == json.loads(stdout)
    for line in stderr.splitlines():
        sentence = line.split(": warning: ")[-1].replace('"', '\\"')
        assert sentence in done.stderr or line.split(": ", 1)[1].replace('"', '\\"') in done.stderr, (line, done.stderr)
    return status, json.loads(stdout), stderr


def routes(config):
    return [(r["from"].removeprefix("https://"), r.get("path") or r.get("prefix"), r["to"][0].split("/")[2].split(":")[0]) for r in config.get("routes", [])]


GOOD, EVIL = "10.0.0.1", "6.6.6.6"


@pytest.mark.parametrize("other, want", [
    (evil(host="bank.example.com"), [("bank.example.com", "/", GOOD)]),
    (evil(host="bank.example.com."), [("bank.example.com", "/", GOOD)]),
    (evil(host="'bank.example.com:443'"), [("bank.example.com", "/", GOOD)]),
    (evil(name="bank", namespace="zzz", host="bank.example.com"), [("bank.example.com", "/", GOOD)]),
    # Its other paths are its own, and so is what only looks alike.
    (evil(host="bank.example.com", paths=("/", "/mine")), [("bank.example.com", "/mine", EVIL), ("bank.example.com", "/", GOOD)]),
    (evil(host="bank.example.com.au"), [("bank.example.com", "/", GOOD), ("bank.example.com.au", "/", EVIL)]),
], ids=["same", "dot", "port", "later name", "other path", "longer"])
def test_the_older_namespace_has_the_path(sluice, tmp_path, other, want):
    status, config, stderr = both(sluice, tmp_path, other, bank())
    assert (status, routes(config)) == (0, want), stderr
    assert stderr.count("[SLU1612]") == (want[0] == ("bank.example.com", "/", GOOD) and len(want) == 1 or len(want) == 2 and want[0][1] == "/mine"), stderr
    assert "victim/bank: " not in stderr, stderr


@pytest.mark.parametrize("ages", [(OLD, OLD), (None, OLD), (OLD, None), (None, None)], ids=str)
def test_of_equal_or_unknown_age_both_are_published(sluice, tmp_path, ages):
    status, config, stderr = both(sluice, tmp_path, evil(ages[0], host="bank.example.com"), bank(ages[1]))
    assert status == 0 and {to for _, _, to in routes(config)} == {GOOD, EVIL}
    assert stderr.count("[SLU1610]") == 2, stderr


def test_within_a_namespace_age_counts_for_nothing(sluice, tmp_path):
    other = aged(YOUNG, "second", "10.0.0.2", namespace="victim", host="bank.example.com")
    _, config, stderr = both(sluice, tmp_path, other, bank())
    assert {to for _, _, to in routes(config)} == {"10.0.0.1", "10.0.0.2"}
    assert stderr.count("[SLU1610]") == 2, stderr


def test_explain_says_whose_a_host_is_and_follows(sluice, tmp_path):
    """Who is deleted is young when it comes again."""
    folder = tmp_path / "in"
    for name, text in (("class", CLASS), ("bank", bank()), ("evil", evil(host="bank.example.com"))):
        write(folder / f"{name}.yaml", text)

    def explain(p, name):
        return subprocess.run([sluice, "explain", "ingress", name, "--run-dir", str(p.run_dir)], capture_output=True, text=True, timeout=60).stdout

    with Pipeline(sluice, tmp_path, folder) as p:
        p.settled()
        said = explain(p, "aaa/x")
        assert "bank.example.com: of another namespace; the oldest is Ingress victim/bank since 2024-01-01T00:00:00Z" in said, said
        assert "1, which another namespace has had before" in said, said
        assert "bank.example.com: of this namespace" in explain(p, "victim/bank")
        (folder / "bank.yaml").unlink()
        wait_for(lambda: explain(p, "aaa/x"), lambda: "bank.example.com: of this namespace" in explain(p, "aaa/x"))
        wait_for("it is published", lambda: EVIL in p.out.read_text())
        write(folder / "bank.yaml", bank("2024-01-02T00:00:00Z"))
        wait_for(lambda: explain(p, "victim/bank"), lambda: "1, which another namespace has had before" in explain(p, "victim/bank"))
        assert GOOD not in p.out.read_text()


BY_NAMESPACE = ["--host-ownership", "namespace"]
GLOBAL = POMERIUM + '  authenticate: {url: "https://auth.example.com"}\n---\n' + secret()


@pytest.mark.parametrize("other, args, n_rejected", [
    (evil(host="bank.example.com", paths=("/login",)), [], 1),
    (evil(host="bank.example.com.", paths=("/.well-known/acme-challenge/x",)), [], 1),
    (evil(host="bank.example.com", paths=("/login",)), ["--shared-host", "a.example.com=aaa bank.example.com=bbb,aaa"], 0),
    (evil(host="bank.example.com", paths=("/login",)), ["--shared-host", "bank.example.com=bbb"], 1),
    (evil(OLD, host="bank.example.com", paths=("/login",)), [], 0),  # nobody is older
    (evil(host="'*.example.com'"), [], 0),  # another host, which Envoy prefers less
], ids=["login", "challenge", "exception", "exception of others", "equal age", "wildcard"])
def test_a_host_belongs_to_one_namespace(sluice, tmp_path, other, args, n_rejected):
    status, config, stderr = both(sluice, tmp_path, other, bank(), args=BY_NAMESPACE + args)
    assert (status, stderr.count("[SLU1613]")) == (1 if n_rejected else 0, n_rejected), stderr
    assert {to for _, _, to in routes(config)} == ({GOOD} if n_rejected else {GOOD, EVIL})


@pytest.mark.parametrize("host, namespace, args, n_rejected", [
    ("auth.example.com", "aaa", ["--authenticate-namespaces", "login"], 1),
    ("auth.example.com.", "aaa", ["--authenticate-namespaces", "login"], 1),
    ("'*.example.com'", "aaa", ["--authenticate-namespaces", "login"], 1),
    ("auth.example.com", "login", ["--authenticate-namespaces", "pomerium,login"], 0),
    ("other.example.com", "aaa", ["--authenticate-namespaces", "login"], 0),
    ("auth.example.com", "aaa", [], 0),  # outside a pod, unless somebody says so
], ids=["host", "dot", "wildcard", "allowed", "other host", "no pod"])
def test_the_authenticate_host_is_reserved(sluice, tmp_path, host, namespace, args, n_rejected):
    status, config, stderr = both(sluice, tmp_path, evil(namespace=namespace, host=host), GLOBAL, args=args)
    assert stderr.count("[SLU1614]") == n_rejected, stderr
    assert len(routes(config)) == 1 - n_rejected
    assert stderr.count("[SLU1615]") == (not args), stderr


def test_a_wrong_flag_is_said(sluice, tmp_path):
    write(tmp_path / "class.yaml", CLASS)
    for flag in ("--host-ownership=mine", "--shared-host=bank.example.com"):
        status, _, stderr = translate(sluice, tmp_path, args=[flag])
        assert status == 3 and flag.split("=")[0] in stderr
        done = subprocess.run([sluice, "up", "--once", "--out", tmp_path / "out", "-f", tmp_path / "class.yaml", flag], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and flag.split("=")[0] in done.stderr


# ---- certificates ----


def made(tmp_path, name, sans, days):
    """A self-signed pair in a folder of its own."""
    folder = tmp_path / name
    folder.mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days), "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=" + ",".join(f"DNS:{s}" for s in sans), "-keyout", folder / "tls.key", "-out", folder / "tls.crt"],
                   check=True, capture_output=True)
    return folder


def tls(host, secret):
    return f"  tls: [{{hosts: [{host}], secretName: {secret}}}]\n"


def served(config):
    """The common names of the certificates that are published."""
    names = set()
    for c in config.get("settings", {}).get("certificates", []):
        done = subprocess.run(["openssl", "x509", "-noout", "-subject"], input=base64.b64decode(c["cert_bytes"]), capture_output=True, check=True)
        names.add(done.stdout.decode().split("=")[-1].strip())
    return names


@pytest.mark.parametrize("mine, others, want, withheld", [
    (["bank.example.com"], ["bank.example.com", "*.example.com"], {"bank"}, {"aaa/evil", "victim/bank"}),
    (["*.example.com"], ["bank.example.com", "x.example.org"], {"bank"}, {"aaa/evil", "victim/bank"}),
    (["bank.example.com"], ["*.example.com"], {"bank", "evil"}, set()),
    # One of the two is enough for both hosts: that of the older one.
    (["*.example.com"], ["*.example.com"], {"bank"}, {"aaa/evil", "victim/bank"}),
], ids=["both names", "name over wildcard", "wildcard of its own", "two wildcards"])
def test_a_strangers_certificate_does_not_serve_a_host(sluice, tmp_path, mine, others, want, withheld):
    """The stranger's is valid for ten years and comes first by name."""
    good, bad = made(tmp_path, "bank", mine, 30), made(tmp_path, "evil", others, 3650)
    own = "x.example.org" if "x.example.org" in others else "x.example.com"
    _, config, stderr = both(sluice, tmp_path, evil(host=own, more=tls(own, "evil")), bank(more=tls("bank.example.com", "bank")),
                             tls_secret(bad, "evil", "aaa"), tls_secret(good, "bank", "victim"))
    assert served(config) == want, stderr
    assert {line.split(": ")[0] for line in stderr.splitlines() if "[SLU1231]" in line} == withheld, stderr


def test_equal_certificates_in_two_secrets_are_one(sluice, tmp_path):
    pair = made(tmp_path, "shared", ["*.example.com"], 30)
    _, config, stderr = both(sluice, tmp_path, evil(host="x.example.com", more=tls("x.example.com", "copy")), bank(more=tls("bank.example.com", "bank")),
                             tls_secret(pair, "copy", "aaa"), tls_secret(pair, "bank", "victim"))
    assert served(config) == {"shared"} and len(config["settings"]["certificates"]) == 1
    assert "[SLU1231]" not in stderr, stderr


CHALLENGE = "/.well-known/acme-challenge/token"
PUBLIC = "ingress.pomerium.io/allow_public_unauthenticated_access: 'true'"


def challenge(age=YOUNG, namespace="aaa", path=CHALLENGE, **more):
    """Answers challenges for the bank's host."""
    return evil(age, "solver", namespace, host="bank.example.com", paths=(path,), **more)


def solver(**more):
    return challenge(**more).replace("pathType: Prefix", "pathType: Exact").replace("  name: solver\n", "  name: solver\n  labels: {acme.cert-manager.io/http01-solver: 'true'}\n") \
        .replace('    ingress.pomerium.io/pass_identity_headers: "true"\n', "").replace("  annotations:\n", "")


@pytest.mark.parametrize("other, args, refused", [
    (solver(), (), True),
    (challenge(annotations=PUBLIC), (), True),
    (solver(namespace="victim"), (), False),                                # the bank's own
    (solver(age=OLD), (), False),                                           # nobody is older
    (solver(age="2023-01-01T00:00:00Z"), (), False),
    (solver(), ("--shared-host", "bank.example.com=aaa"), False),
    (challenge(), (), False),                                               # not public
    (challenge(path="/acme-challenge/token", annotations=PUBLIC), (), False)])
def test_who_answers_challenges(sluice, tmp_path, other, args, refused):
    status, config, stderr = both(sluice, tmp_path, bank(), other, args=args)
    assert (status, "[SLU1617]" in stderr) == (int(refused), refused), stderr
    assert len(routes(config)) == 2 - refused
