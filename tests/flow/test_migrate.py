"""`sluice migrate`: every annotation of ingress-nginx, one by one; sets of Ingresses; inputs, outputs, exit statuses."""
import json
import os
import pathlib
import re
import subprocess

import examples
import pytest
import yaml
from migrate_cases import AUTH, CANARY, CASES, HEADERS, NGINX, NONE, OURS, TLS, ingress, nginx

ROOT = pathlib.Path(__file__).parent.parent.parent
SPEC = ROOT.parent / "shared/spec/ingress-nginx-annotations.tsv"
OUTCOMES = ["written", "rewritten", "unneeded", "decide", "refused"]


class Result:
    def __init__(self, done, report):
        self.status, self.text, self.report = done.returncode, done.stdout, report
        self.documents = [d for d in yaml.safe_load_all(self.text) if d]
        self.stderr = done.stderr

    def annotations(self, number=0):
        return {k.removeprefix(OURS): v for k, v in self.documents[number]["metadata"]["annotations"].items()}

    def paths(self, number=0):
        return [(rule.get("host"), p["path"], p["pathType"], p["backend"]["service"]["name"])
                for rule in self.documents[number]["spec"]["rules"] for p in rule["http"]["paths"]]

    def of(self, name="shop/web"):
        return next(i for i in self.report["ingresses"] if i["name"] == name)

    def finding(self, annotation, name="shop/web"):
        return next(f for f in self.of(name)["findings"] if f.get("annotation") == annotation)

    def notes(self, code, name="shop/web"):
        return [n for n in self.of(name)["notes"] if n["code"] == code]


def migrate(sluice, documents, *args, tmp):
    """Converts, with the report as JSON on stderr."""
    (tmp / "in.yaml").write_text(yaml.safe_dump_all(documents, sort_keys=False))
    done = subprocess.run([sluice, "migrate", tmp / "in.yaml", "--report", "json", *args], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL)
    assert done.stderr.startswith("{"), done.stderr
    report = json.loads(done.stderr)
    open_ones = report["counts"]["decide"] + report["counts"]["refused"]
    assert done.returncode == (1 if open_ones else 0), report
    assert ("# decide: " in done.stdout or "# refused: " in done.stdout) == bool(open_ones)
    return Result(done, report)


@pytest.fixture
def convert(sluice, tmp_path):
    return lambda *documents, args=(): migrate(sluice, documents, *args, tmp=tmp_path)


# ---- each annotation ----

@pytest.fixture(scope="module")
def rows(sluice):
    """{annotation: (outcomes, annotations of ours)} as `--list` prints them."""
    done = subprocess.run([sluice, "migrate", "--list"], capture_output=True, text=True, check=True)
    return {cells[0].strip("`"): (set(cells[1].split(", ")), re.findall(r"`([^`]+)`", cells[2])) for cells in list(examples.rows(done.stdout))[1:]}


@pytest.mark.parametrize("name, value, beside, outcome, wanted", CASES, ids=lambda v: v if isinstance(v, str) and len(v) < 30 and "\n" not in v else "")
def test_annotation(convert, rows, name, value, beside, outcome, wanted):
    main = [ingress(name="main", paths=[("/", "Prefix", "main")])] if "canary" in name or "is a canary" in wanted else []
    result = convert(*main, ingress({NGINX + name: value, **beside}), HEADERS)
    assert result.finding(name)["outcome"] == outcome, result.finding(name)
    assert outcome in rows[name][0]
    assert (outcome == "decide") == ("choices" in result.finding(name)) or "see " in result.finding(name)["sentence"]
    if isinstance(wanted, str):
        assert wanted in re.sub(r"\n *# +", " ", result.text) or wanted in result.text
        return
    ours = result.annotations()
    for key, expected in wanted.items():
        assert ours.get(key, NONE) == expected, (key, ours)


def test_every_annotation_is_tested(rows):
    assert {case[0] for case in CASES} == set(rows)
    reached = {}
    for name, _, _, outcome, _ in CASES:
        reached.setdefault(name, set()).add(outcome)
    missing = {name: outcomes - reached[name] for name, (outcomes, _) in rows.items() if not reached[name] & outcomes}
    assert not missing, missing


@pytest.mark.skipif(not SPEC.exists(), reason="shared/spec is not beside this clone")
def test_every_annotation_of_ingress_nginx_is_there(rows):
    names = [line.split("\t")[0] for line in SPEC.read_text().splitlines()[1:]]
    assert set(rows) == {name for name in names if name}
    assert len(rows) > 130


def test_the_list_names_annotations_that_exist(rows):
    known = set(re.findall(r'\{ "([a-z0-9_]+)", GROUP_', "".join(p.read_text() for p in (ROOT / "translator").rglob("annotations.c"))))
    fields = {cells[0].strip("`") for cells in examples.rows((ROOT / "docs/settings.md").read_text())}
    for _, here in rows.values():
        for name in here:
            assert name.removeprefix("spec.") in fields if name.startswith("spec.") else name in known, name


# ---- whose, and what else is in the input ----

def test_what_every_ingress_gets(convert):
    """nginx passes the Host header on, allows WebSockets, limits silence only; and lets everybody in."""
    result = convert(ingress(tls=[{"hosts": ["web.example.com"], "secretName": "web-tls"}]))
    assert result.status == 0
    assert result.annotations() == {"allow_public_unauthenticated_access": "true", "preserve_host_header": "true", "allow_websockets": "true",
                                    "timeout": "0s", "idle_timeout": "60s"}
    assert result.documents[0]["spec"]["tls"] == [{"hosts": ["web.example.com"], "secretName": "web-tls"}]
    assert result.paths() == [("web.example.com", "/", "Prefix", "web")]


def test_metadata(convert):
    """What is not nginx's stays; what an API server adds goes."""
    document = ingress({"cert-manager.io/cluster-issuer": "ca", "acme.cert-manager.io/http01-ingress-class": "nginx",
                        "kubernetes.io/ingress.class": "nginx", "kubectl.kubernetes.io/last-applied-configuration": "{}"})
    document["metadata"].update(labels={"app": "yes", "on": "1"}, uid="7", resourceVersion="9", creationTimestamp="2024-01-01T00:00:00Z",
                                generation=3, managedFields=[], finalizers=["x"])
    document["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
    made = convert(document).documents[0]
    assert set(made) == {"apiVersion", "kind", "metadata", "spec"}
    assert set(made["metadata"]) == {"name", "namespace", "labels", "annotations"}
    assert made["metadata"]["labels"] == {"app": "yes", "on": "1"}
    assert made["metadata"]["annotations"]["cert-manager.io/cluster-issuer"] == "ca"
    assert made["metadata"]["annotations"]["acme.cert-manager.io/http01-ingress-class"] == "pomerium"
    assert not {k for k in made["metadata"]["annotations"] if "ingress.class" in k or "kubectl" in k}


def test_without_a_namespace(convert):
    document = ingress()
    del document["metadata"]["namespace"]
    result = convert(document)
    assert "namespace" not in result.documents[0]["metadata"]
    assert result.of("default/web")


def test_whose(convert):
    """Classes by name, by annotation, by IngressClass; those of others and cert-manager's stay."""
    def of(name, cls, **annotations):
        document = ingress(annotations, name=name, host=f"{name}.example.com")
        document["spec"].pop("ingressClassName")
        if cls:
            document["spec"]["ingressClassName"] = cls
        return document
    solver = of("solver", "nginx")
    solver["metadata"]["labels"] = {"acme.cert-manager.io/http01-solver": "true"}
    result = convert(of("a", "nginx"), of("b", None), of("c", "internal"), of("d", "pomerium"), of("e", "traefik", **{"kubernetes.io/ingress.class": "nginx"}),
                     of("f", None, **{"kubernetes.io/ingress.class": "haproxy"}), solver,
                     {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "internal"},
                      "spec": {"controller": "k8s.io/ingress-nginx"}},
                     {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {}})
    assert {d["metadata"]["name"] for d in result.documents} == {"a", "b", "c", "e"}
    assert [line.split(":")[0] for line in result.report["notConverted"]] == ["shop/d", "shop/f", "shop/solver"]
    assert result.report["otherDocuments"] == 2
    assert all(d["spec"]["ingressClassName"] == "pomerium" for d in result.documents)


def test_class_suffix_and_prefixes(sluice, tmp_path):
    document = ingress({"nginx.corp/proxy-read-timeout": "5"})
    document["spec"]["ingressClassName"] = "edge"
    result = migrate(sluice, [document], "--from-class", "nginx,edge", "--from-prefix", "nginx.corp", "--class", "sso", "--prefix", "sso.corp",
                     "--suffix=-sso", tmp=tmp_path)
    made = result.documents[0]
    assert made["spec"]["ingressClassName"] == "sso" and made["metadata"]["name"] == "web-sso"
    assert made["metadata"]["annotations"]["sso.corp/idle_timeout"] == "60s"


def test_old_api_version(convert):
    result = convert({**ingress(), "apiVersion": "extensions/v1beta1"}, ingress(name="new"))
    assert "extensions/v1beta1" in result.report["all"][0]["sentence"] and result.report["counts"]["refused"] == 1


def test_unknown_annotation(convert):
    result = convert(ingress(nginx(rewrite_taget="/")))
    assert result.finding("rewrite-taget")["outcome"] == "refused"


# ---- decisions that are taken ----

def test_drop(sluice, tmp_path):
    documents = [ingress(nginx(limit_rps="5", permanent_redirect="https://x.example.com"))]
    assert migrate(sluice, documents, tmp=tmp_path).status == 1
    result = migrate(sluice, documents, "--drop", "limit-rps,permanent-redirect", tmp=tmp_path)
    assert result.status == 0 and result.documents and "decide" not in result.text


@pytest.mark.parametrize("name, word", [("auth-url", "restricts access"), ("nope", "not an annotation")])
def test_drop_is_checked(sluice, name, word):
    done = subprocess.run([sluice, "migrate", "-", "--drop", name], capture_output=True, text=True, input="")
    assert done.returncode == 2 and word in done.stderr


def test_own_annotations_win(convert):
    """A policy on the Ingress settles who may access it; other annotations of ours are kept as they are."""
    own = {OURS + "policy": "allow:\n  and:\n  - source_ip: 10.0.0.0/8\n  - domain:\n      is: example.com\n", OURS + "idle_timeout": "5m",
           OURS + "set_response_headers": "{X: y}", OURS + "pass_identity_headers": "true"}
    result = convert(ingress({**own, **AUTH, **nginx(auth_response_headers="X-User", whitelist_source_range="10.0.0.0/8", proxy_read_timeout="5")}))
    assert result.status == 0, result.report
    ours = result.annotations()
    assert ours["policy"] == own[OURS + "policy"] and ours["idle_timeout"] == "5m"
    again = convert(ingress({**own, **nginx(configuration_snippet="add_header A b;")}))
    assert again.status == 1 and again.annotations()["set_response_headers"] == "{X: y}"
    assert "A: b" in re.sub(r"\n *# +", " ", again.text)


# ---- hosts, paths, expressions ----

def test_prefix_is_two_paths(convert):
    result = convert(ingress(paths=[("/shop", "Prefix", "shop"), ("/", "Prefix", "web"), ("/one", "Exact", "one"), ("/two", "ImplementationSpecific", "two")]))
    assert set(result.paths()) == {("web.example.com", *p) for p in [("/shop", "Exact", "shop"), ("/shop/", "Prefix", "shop"), ("/", "Prefix", "web"),
                                                                     ("/one", "Exact", "one"), ("/two", "Exact", "two"), ("/two/", "Prefix", "two")]}


def test_missing_slash(convert):
    result = convert(ingress(paths=[("/shop/", "Prefix", "shop")]))
    assert set(result.paths()) == {("web.example.com", "/shop/", "Prefix", "shop"), ("web.example.com", "/shop", "Exact", "shop")}
    assert result.notes("no-301") == [{"code": "no-301", "host": "web.example.com", "path": "/shop", "sentence": result.notes("no-301")[0]["sentence"]}]


def test_escaped_letters(convert):
    result = convert(ingress(paths=[("/a b/ü%", "Exact", "x")]))
    assert result.paths() == [("web.example.com", "/a%20b/%C3%BC%25", "Exact", "x")]


def test_one_expression_makes_a_host_of_expressions(convert):
    """Of all Ingresses of the host; longer ones first, though Pomerium sorts by text."""
    result = convert(ingress(nginx(use_regex="true"), paths=[("/foo/bar/[A-Z0-9]{3}", "ImplementationSpecific", "code"), ("/x", "Exact", "x")]),
                     ingress(name="other", paths=[("/foo/bar/bar", "Prefix", "bar")]), ingress(name="alone", host="b.example.com", paths=[("/y", "Exact", "y")]))
    assert result.paths(0) == [("web.example.com", "/~{0}(?i)foo/bar/[A-Z0-9]{3}.*", "ImplementationSpecific", "code"),
                               ("web.example.com", "/(?i)x.*", "ImplementationSpecific", "x")]
    assert result.paths(1) == [("web.example.com", "/(?i)foo/bar/bar.*", "ImplementationSpecific", "bar")]
    assert result.annotations(1)["path_regex"] == "true"
    assert result.paths(2) == [("b.example.com", "/y", "Exact", "y")] and "path_regex" not in result.annotations(2)


def test_rewrites(convert):
    result = convert(ingress(nginx(rewrite_target="/$2"), paths=[("/api(/|$)(.*)", "ImplementationSpecific", "api"), ("/v2(/|$)(.*)", "ImplementationSpecific", "v2"),
                                                                 ("/gone(.*)", "ImplementationSpecific", "gone")]))
    assert [d["metadata"]["name"] for d in result.documents] == ["web", "web-2", "web-3"]
    rewrites = {(result.paths(i)[0][3], result.annotations(i)["regex_rewrite_pattern"], result.annotations(i)["regex_rewrite_substitution"]) for i in range(3)}
    assert rewrites == {("api", "(?i)^/api(/|$)(.*)$", "/\\2"), ("v2", "(?i)^/v2(/|$)(.*)$", "/\\2"), ("gone", "(?i)^/gone(.*)$", "/")}


def test_names_of_parts_are_free(convert):
    result = convert(ingress(nginx(rewrite_target="/$1"), paths=[("/a(.*)", "ImplementationSpecific", "a"), ("/b(.*)", "ImplementationSpecific", "b")]),
                     ingress(name="web-2", host="two.example.com"))
    assert sorted(d["metadata"]["name"] for d in result.documents) == ["web", "web-2", "web-3"]


@pytest.mark.parametrize("path, word", [("/a(?!b)", "RE2"), ("/a/(.)\\1", "RE2"), ("/a b", "percent-encode"), ("/a|(b)c", "alternative")])
def test_expressions_without_an_equivalent(convert, path, word):
    result = convert(ingress(nginx(use_regex="true"), paths=[("/good", "Prefix", "good"), (path, "ImplementationSpecific", "bad")]))
    assert result.paths() == [("web.example.com", "/(?i)good.*", "ImplementationSpecific", "good")]
    finding = next(f for f in result.of()["findings"] if f.get("subject") == "web.example.com" + path)
    assert finding["outcome"] == "decide" and word in finding["sentence"]
    assert "# decide: path" in result.text and "name: bad" in result.text


def test_alternatives(convert):
    """Only the first one has to match the beginning."""
    result = convert(ingress(nginx(use_regex="true"), paths=[("/a|/b$|v2", "ImplementationSpecific", "x")]))
    assert result.paths()[0][1] == "/(?i)(?:a.*|b$|.*/b$|.*v2.*)"


def test_default_backend(convert):
    both = convert(ingress(paths=[("/a", "Exact", "a")], defaultBackend={"service": {"name": "rest", "port": {"name": "http"}}}))
    assert ("web.example.com", "/", "Prefix", "rest") in both.paths()
    alone = ingress(defaultBackend={"service": {"name": "rest", "port": {"number": 80}}})
    alone["spec"].pop("rules")
    result = convert(alone)
    assert result.paths() == [(None, "/", "Prefix", "rest")] and result.annotations()["subtle_allow_empty_host"] == "true"
    assert "defaultBackend" not in result.documents[0]["spec"]


def test_the_older_one_wins(convert):
    young, old = ingress(name="a", paths=[("/", "Prefix", "young"), ("/more", "Exact", "more")]), ingress(name="b", paths=[("/", "Prefix", "old")])
    young["metadata"]["creationTimestamp"], old["metadata"]["creationTimestamp"] = "2024-02-01T00:00:00Z", "2024-01-01T00:00:00Z"
    result = convert(young, old)
    assert [p[1:] for p in result.paths(0)] == [("/more", "Exact", "more")] and result.paths(1)[0][3] == "old"
    assert result.notes("left-out", "shop/a")[0]["path"] == "/"


def test_aliases(convert):
    """Of the whole host, in every Ingress of it; not where an Ingress has that host."""
    result = convert(ingress(nginx(server_alias="b.example.com, c.example.com"), name="z"), ingress(name="y", paths=[("/y", "Exact", "y")]),
                     ingress(name="x", host="c.example.com"))
    assert [p[0] for p in result.paths(0)] == ["web.example.com", "b.example.com"]
    assert [p[0] for p in result.paths(1)] == ["web.example.com", "b.example.com"]


def test_wildcards(convert):
    result = convert(ingress(host="*.example.com"), ingress(name="in", host="*.in.example.com"))
    assert result.notes("wildcard-depth") and result.notes("wildcard-order", "shop/in")
    assert result.of("shop/in")["counts"]["decide"] == 1 and result.of()["counts"]["decide"] == 0


def test_a_host_that_is_not_written_falls_to_the_wildcard(convert):
    result = convert(ingress(host="*.example.com"), ingress(nginx(backend_protocol="GRPC"), name="grpc", host="a.example.com"))
    assert result.notes("falls-through", "shop/grpc")[0]["host"] == "a.example.com"


def test_canary_with_everything(convert):
    canary = ingress(nginx(canary="true", canary_weight="100", auth_url="https://x/oauth2/auth"), name="canary", paths=[("/", "Prefix", "next")])
    result = convert(ingress(), canary)
    assert result.status == 0 and result.paths() == [("web.example.com", "/", "Prefix", "next")]
    assert result.finding("auth-url", "shop/canary")["outcome"] == "unneeded"
    canary["metadata"]["namespace"] = "other"
    assert convert(ingress(), canary).paths() == [("web.example.com", "/", "Prefix", "web")]


def test_canary_with_a_part(convert):
    result = convert(ingress(), ingress(CANARY, name="canary", paths=[("/", "Prefix", "next")]))
    assert result.status == 1 and len(result.documents) == 1
    assert result.notes("canary")[0]["path"] == "/"


def test_client_certificates_are_of_the_host(convert):
    result = convert(ingress(TLS, name="z"), ingress(name="y", paths=[("/y", "Exact", "y")]), ingress(name="x", namespace="other", paths=[("/x", "Exact", "x")]))
    assert result.annotations(1)["tls_downstream_client_ca_secret"] == "ca"
    assert result.annotations(2)["policy"] == "allow:\n  and:\n  - reject: true\n"
    assert result.of("other/x")["counts"]["decide"] == 1


# ---- ConfigMaps ----

def configmap(name, data, **labels):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "ingress-nginx", "labels": labels}, "data": data}


def test_settings_for_all(convert):
    settings = configmap("ingress-nginx-controller", {"global-auth-url": "https://auth/", "whitelist-source-range": "10.0.0.0/8", "proxy-read-timeout": "90",
                                                      "use-http2": "true"})
    result = convert(ingress(), ingress(nginx(enable_global_auth="false", configuration_snippet="return 403;"), name="open", host="b.example.com"), settings)
    assert result.annotations()["policy"] == "allow:\n  and:\n  - source_ip: [10.0.0.0/8]\n  - domain:\n      is: example.invalid\n"
    assert result.finding("global-auth-url")["outcome"] == "decide" and result.annotations()["idle_timeout"] == "90s"
    assert result.annotations(1)["policy"] == "allow:\n  and:\n  - source_ip: [10.0.0.0/8]\n"
    assert result.finding("configuration-snippet", "shop/open")["outcome"] == "unneeded"
    assert "use-http2" in result.report["all"][0]["sentence"]


def test_tcp_and_udp_services(convert):
    result = convert(ingress(), configmap("tcp-services", {"5432": "db/postgres:5432"}), configmap("udp-services", {"53": "dns/dns:53"}))
    text = " ".join(f["sentence"] + " ".join(f["choices"]) for f in result.report["all"])
    assert "TCP port 5432" in text and "tcp_upstream" in text and "UDP port 53" in text and "udp_upstream" in text
    assert result.status == 1 and "# decide:" in result.text


# ---- what Sluice says ----

def test_a_rejection_is_reported(convert):
    """An annotation of ours that was there before and is wrong."""
    result = convert(ingress({OURS + "timeout": "soon"}), ingress(name="good", host="b.example.com"))
    assert result.report["rejected"] == 1 and result.of()["counts"]["refused"] == 1
    finding = next(f for f in result.of()["findings"] if f["outcome"] == "refused")
    assert finding["subject"] == "shop/web" and "timeout" in finding["sentence"]


def test_ports_of_services_that_are_there(convert):
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"ports": [{"name": "https", "port": 443}]}}
    document = ingress()
    document["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"] = {"name": "http"}
    assert convert(document, service).report["rejected"] == 1
    assert convert(document).report["rejected"] == 0


# ---- inputs ----

def run(sluice, *args, text=None, env=None):
    return subprocess.run([sluice, "migrate", *args], capture_output=True, text=True, input=text, timeout=60, env={**os.environ, **(env or {})})


def test_stdin_json_and_lists(sluice):
    listed = {"apiVersion": "v1", "kind": "List", "items": [ingress(), ingress(name="b", host="b.example.com")]}
    typed = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressList", "items": [{k: v for k, v in ingress().items() if k not in ("kind", "apiVersion")}]}
    for document, n in ((listed, 2), (typed, 1)):
        for text in (json.dumps(document), yaml.safe_dump(document)):
            done = run(sluice, "-", text=text)
            assert done.returncode == 0 and len(list(yaml.safe_load_all(done.stdout))) == n, done.stderr


def test_folders_and_pipes(sluice, tmp_path):
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "deep/a.yaml").write_text(yaml.safe_dump(ingress(name="a", host="a.example.com")))
    (tmp_path / "deep/er/b.yml").write_text(yaml.safe_dump(ingress(name="b", host="b.example.com")))
    (tmp_path / "deep/README.md").write_text("no: manifest: here")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = subprocess.Popen([sluice, "migrate", tmp_path / "deep", fifo], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    fifo.write_text(yaml.safe_dump(ingress(name="c", host="c.example.com")))
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert sorted(d["metadata"]["name"] for d in yaml.safe_load_all(stdout)) == ["a", "b", "c"]


def test_statuses(sluice, tmp_path):
    good = yaml.safe_dump(ingress())
    assert run(sluice).returncode == 2
    assert run(sluice, "-", "--report", "xml", text=good).returncode == 2
    assert run(sluice, "-", "--class", "", text=good).returncode == 2
    assert run(sluice, tmp_path / "gone").returncode == 3
    assert run(sluice, "-", text="").returncode == 3
    assert run(sluice, "-", text="kind: Service\napiVersion: v1\n").returncode == 3
    half = run(sluice, "-", text=good + "---\na: [\n")
    assert half.returncode == 3 and "line" in half.stderr
    assert run(sluice, "-", text=good).returncode == 0
    assert run(sluice, "-", "-o", tmp_path / "no/where", text=good).returncode == 111


def test_malformed_ingresses_are_named(sluice):
    broken = ingress(name="broken")
    broken["spec"]["rules"] = "none"
    done = run(sluice, "-", text=yaml.safe_dump_all([broken, ingress()]))
    assert done.returncode == 3 and re.search(r"(?m)^stdin:\d+: .*rules", done.stderr)
    assert yaml.safe_load(done.stdout)["metadata"]["name"] == "web"


# ---- outputs ----

def test_out_and_reports(sluice, tmp_path):
    text = yaml.safe_dump(ingress(nginx(limit_rps="5|<b>", proxy_read_timeout="5")))
    done = run(sluice, "-", "-o", tmp_path / "out.yaml", text=text)
    assert "decide" in done.stdout and not done.stderr and "# decide: limit-rps" in (tmp_path / "out.yaml").read_text()
    page = run(sluice, "-", "-o", "/dev/null", "--report", "markdown", text=text).stdout
    assert page.startswith("# From ingress-nginx\n") and "| decide | limit-rps \"5\\|\\<b>\" |" in page
    assert len({line.count("|") - line.count("\\|") for line in page.splitlines() if line.startswith(("| decide", "| rewritten"))}) == 1
    silent = run(sluice, "-", "--report", "none", text=text)
    assert not silent.stderr and silent.returncode == 1


def test_the_output_is_stable(sluice, tmp_path):
    """The same input gives the same bytes, in whatever order its documents come within a file; the output converts to nothing."""
    documents = [ingress(nginx(rewrite_target="/$1", server_alias="z.example.com"), name=n, host=f"{n}.example.com", paths=[(f"/{n}(.*)", "ImplementationSpecific", n)])
                 for n in "abc"]
    first = run(sluice, "-", text=yaml.safe_dump_all(documents))
    assert first.stdout == run(sluice, "-", text=yaml.safe_dump_all(documents)).stdout
    assert run(sluice, "-", text=first.stdout).returncode == 3


def test_hostile_texts(convert):
    """Nothing of the input ends a comment, a string or a document of the output."""
    nasty = "a\n---\nkind: Secret # ' \" \x1b[31m é"
    result = convert(ingress({**nginx(limit_rps=nasty, mirror_target=nasty, auth_url=nasty), "note": nasty, "colon": "a: b", "empty": "", "yes": "no",
                              "long": "x" * 3000}))
    assert len(result.documents) == 1
    kept = result.documents[0]["metadata"]["annotations"]
    assert kept["note"] == nasty and kept["colon"] == "a: b" and kept["empty"] == "" and kept["yes"] == "no" and len(kept["long"]) == 3000
    assert "\x1b" not in result.text.replace(json.dumps(nasty), "") and "Secret" not in {d["kind"] for d in result.documents}


def test_a_large_set(sluice, tmp_path):
    """2 000 Ingresses of 20 000 paths, of which the hosts are shared, in some seconds."""
    with open(tmp_path / "in.yaml", "w") as out:
        for i in range(2000):
            out.write("---\n" + json.dumps(ingress(nginx(use_regex=str(i % 2 == 0).lower()), name=f"i{i}", host=f"h{i % 100}.example.com",
                                                   paths=[(f"/p{i}/{k}", "Prefix", "s") for k in range(10)])) + "\n")
    done = subprocess.run([sluice, "migrate", tmp_path / "in.yaml", "-o", tmp_path / "out.yaml", "--report", "json"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["written"] == 2000
