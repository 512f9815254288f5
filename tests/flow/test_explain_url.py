"""sluice explain URL: which route of the manifests serves it, for a person and for a program."""
import json
import subprocess

import pytest
from pipeline import CLASS, Pipeline, app, certificate, tls_secret, wait_for, write

HOST = "shop.example.com"


def ingress(name, *paths, host=HOST, annotations=""):
    """An Ingress of several paths, with its Service; a path is (pathType, path)."""
    rules = "".join(f"      - path: {path}\n        pathType: {kind}\n        backend: {{service: {{name: {name}, port: {{number: 80}}}}}}\n" for kind, path in paths)
    service = "---\n".join(app(name).split("---\n")[:2])
    return f"""apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: shop, annotations: {{{annotations}}}}}
spec:
  ingressClassName: pomerium
  rules:
  - host: "{host}"
    http:
      paths:
{rules}---
{service}"""


@pytest.fixture
def ask(sluice, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder / "class.yaml", CLASS)
    write(folder / "web.yaml", ingress("web", ("Prefix", "/"), ("Prefix", "/api"), ("Exact", "/api/v1")))
    write(folder / "regex.yaml", ingress("regex", ("ImplementationSpecific", "/api/v[0-9]+"), annotations="ingress.pomerium.io/path_regex: 'true'"))
    write(folder / "wild.yaml", ingress("wild", ("Prefix", "/"), host="*.example.com"))

    def run(*args):
        return subprocess.run([sluice, "explain", *args, "-f", str(folder)], capture_output=True, text=True, timeout=60)

    run.folder = folder
    return run


def said(done):
    return done.returncode, json.loads(done.stdout)


def test_a_person_reads_who_serves_and_who_loses(ask):
    done = ask(f"https://{HOST}/api/v1")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == f'"https://{HOST}/api/v1"'
    assert lines[1].split() == ["route", f"https://{HOST}", "path", "/api/v1"]
    assert lines[2].split()[0] == "to" and lines[2].split()[1].startswith("http://10.0.0.")
    assert "  owner       Ingress shop/web" in lines
    for words in ("regex /api/v[0-9]+ of Ingress shop/regex: an exact path is asked before an expression",
                  "prefix /api of Ingress shop/web: an exact path is asked before a prefix",
                  "https://*.example.com prefix / of Ingress shop/wild: the host has routes of its own"):
        assert words in done.stdout


def test_a_program_reads_the_same(ask):
    status, doc = said(ask("--json", f"https://{HOST}/api/v2"))
    assert status == 0 and doc["url"] == f"https://{HOST}/api/v2" and doc["notes"] == [] and doc["answered_by_pomerium"] is False
    assert doc["route"]["regex"] == "/api/v[0-9]+" and doc["route"]["owner"] == {"kind": "Ingress", "namespace": "shop", "name": "regex"}
    assert [o["owner"]["name"] for o in doc["others"]] == ["wild", "web", "web"] and all(o["why_not"] for o in doc["others"])


def test_other_hosts_get_the_wildcard_route(ask):
    status, doc = said(ask("--json", "https://other.example.com/x"))
    assert status == 0 and doc["route"]["owner"]["name"] == "wild" and doc["others"] == []


def test_a_host_that_may_be_meant(ask, sluice, tmp_path):
    asked = f"https://{HOST}x/"
    assert f"  route       none: no route is for this host; did you mean {HOST}?" in ask(asked).stdout.splitlines()
    assert said(ask("--json", asked))[1]["did_you_mean"] == HOST
    with Pipeline(sluice, tmp_path, ask.folder) as p:
        p.settled()
        live = subprocess.run([sluice, "explain", asked, "--run-dir", str(p.run_dir)], capture_output=True, text=True, timeout=60)
        assert live.returncode == 1 and f"did you mean {HOST}?" in live.stdout
    bare = subprocess.run([sluice, "explain", HOST], capture_output=True, text=True, timeout=60)
    assert bare.returncode == 2 and f'"{HOST}" is neither a file nor a URL; did you mean https://{HOST}?' in bare.stderr
    missing = subprocess.run([sluice, "explain", "missing.yaml"], capture_output=True, text=True, timeout=60)
    assert missing.returncode == 3 and "missing.yaml: cannot be read" in missing.stderr


def test_warnings_of_others_are_not_shown(ask):
    write(ask.folder / "twin.yaml", ingress("twin", ("Prefix", "/"), host="twin.example.com") + "---\n" + ingress("twin2", ("Prefix", "/"), host="twin.example.com"))
    assert ask(f"https://{HOST}/").stderr == ""
    write(ask.folder / "bad.yaml", ingress("bad", ("Prefix", "/"), annotations="ingress.pomerium.io/timeout: never"))
    assert ask(f"https://{HOST}/").stderr.startswith("shop/bad: ")


def test_nothing_serves_what_no_route_is_for(ask):
    done = ask("https://elsewhere.org/")
    assert done.returncode == 1 and "none: no route is for this host" in done.stdout
    assert said(ask("--json", "https://elsewhere.org/"))[1]["route"] is None
    done = ask(f"https://{HOST}/.pomerium/")
    assert done.returncode == 0 and "none: Pomerium answers this path of every host itself" in done.stdout


def test_a_rejected_ingress_is_named_and_serves_nothing(ask):
    write(ask.folder / "bad.yaml", ingress("bad", ("Prefix", "/"), host="bad.org", annotations="ingress.pomerium.io/timeout: x"))
    done = ask("https://bad.org/")
    assert done.returncode == 1 and "shop/bad: " in done.stderr and "none: no route is for this host" in done.stdout


def test_an_expression_without_an_end_is_left_out(ask):
    write(ask.folder / "slow.yaml", ingress("slow", ("ImplementationSpecific", "/(a*)*[bc]"), host="slow.org", annotations="ingress.pomerium.io/path_regex: 'true'"))
    done = ask("https://slow.org/" + "a" * 2000)
    assert done.returncode == 1 and "a route of shop/slow is left out" in done.stdout
    assert ask("https://slow.org/aab").returncode == 0


def test_nothing_printed_that_a_terminal_obeys(ask):
    write(ask.folder / "esc.yaml", ingress("esc", ("Prefix", '"/x\\e[2J"'), host="esc.org"))
    done = ask("https://esc.org/x\x1b[2Jy")
    assert "\x1b" not in done.stdout + done.stderr


def test_a_url_that_no_route_could_serve_is_refused(ask):
    for url in ("ftp://shop.example.com/", "https://", "https://*.example.com/"):
        done = ask(url)
        assert done.returncode == 2 and "sluice explain: " in done.stderr and done.stdout == ""


APPLICATION = ingress("web", ("Prefix", "/")).split("---\n")[0].replace("annotations: {}", "annotations: {ingress.pomerium.io/tls_custom_ca_secret: later}")


@pytest.mark.parametrize("through", ["-", "/dev/stdin", "pipe"])
def test_the_manifests_of_an_application_are_enough(sluice, through):
    """No class, no Service, no Secret: their repository is another one. From stdin and from a pipe."""
    with subprocess.Popen(["printf", "%s", APPLICATION], stdout=subprocess.PIPE) as pipe:
        path = f"/dev/fd/{pipe.stdout.fileno()}" if through == "pipe" else through
        done = subprocess.run([sluice, "explain", "--json", f"https://{HOST}/", path], stdin=pipe.stdout, pass_fds=[pipe.stdout.fileno()],
                              capture_output=True, text=True, timeout=60)
    assert said(done)[1]["route"]["to"] == ["http://web.shop.svc.cluster.local:80"]
    assert (done.returncode, done.stderr) == (0, "")


def test_strict_misses_what_is_not_there(sluice):
    done = subprocess.run([sluice, "explain", "--strict", f"https://{HOST}/", "-"], input=APPLICATION, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, 'shop/web: annotation ingress.pomerium.io/tls_custom_ca_secret: Secret "shop/later" not found [SLU2001]\n')


@pytest.mark.parametrize("more, served", [
    (["--class", "internal"], False), (["--class", "internal,pomerium"], True),
    ("class of another controller", False),
])
def test_classes_that_are_there_are_not_assumed(sluice, more, served):
    text, flags = APPLICATION, more
    if isinstance(more, str):
        text, flags = text + "---\n" + CLASS.replace("pomerium.io/ingress-controller", "example.com/other"), []
    done = subprocess.run([sluice, "explain", *flags, f"https://{HOST}/", "-"], input=text, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "Ingress shop/web" in done.stdout) == ((0, True) if served else (1, False))


def test_a_code_is_explained(sluice):
    done = subprocess.run([sluice, "explain", "SLU1501"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.startswith("SLU1501 (rejected): `regex`"), done
    done = subprocess.run([sluice, "explain", "SLU9999"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "no rule has the code" in done.stderr, done


# ---- what the route does ----

def facts(doc):
    """{label: [texts]}; a text without a label goes on."""
    found, label = {}, None
    for fact in doc["route"]["facts"]:
        label = fact["name"] or label
        found.setdefault(label, []).append(fact["text"])
    return found


def annotate(**named):
    return ", ".join(f"ingress.pomerium.io/{k}: {json.dumps(v)}" for k, v in named.items())


def about(ask, path, **annotations):
    write(ask.folder / "it.yaml", ingress("it", ("Prefix", "/old"), host="it.org", annotations=annotate(**annotations)))
    status, doc = said(ask("--json", "https://it.org" + path))
    assert status == 0, doc
    return facts(doc), doc


def test_rewritten_paths(ask):
    assert about(ask, "/old/a", prefix_rewrite="/new")[0]["path"] == ["/old/a becomes /new/a"]
    assert about(ask, "/old/a?b=/old", prefix_rewrite="/")[0]["path"] == ["/old/a becomes //a"]
    assert about(ask, "/old/7/x", regex_rewrite_pattern="^/old/([0-9]+)/(.*)$", regex_rewrite_substitution=r"/\2/$\1")[0]["path"] == ["/old/7/x becomes /x/$7"]
    assert "path" not in about(ask, "/old/a")[0]


def test_who_may_come_in(ask):
    assert about(ask, "/old", allow_public_unauthenticated_access="true")[0]["access"] == ["public: everybody, without signing in"]
    assert about(ask, "/old", allow_any_authenticated_user="true")[0]["access"][0].startswith("any user")
    assert about(ask, "/old")[0]["access"][0].startswith("nobody")
    said_of_policy = about(ask, "/old", policy="allow:\n  or:\n  - domain: {is: example.com}\n")[0]["access"]
    assert json.loads(said_of_policy[1]) == {"allow": {"or": [{"domain": {"is": "example.com"}}]}}


def test_headers_and_time_limits(ask):
    found, doc = about(ask, "/old", set_request_headers='{"X-A": "b"}', remove_request_headers='["X-C"]', set_response_headers='{"X-D": "e"}', timeout="7s", idle_timeout="0s",
                       pass_identity_headers="true", preserve_host_header="true")
    assert (found["sets"], found["removes"], found["answers"]) == (["X-A: b"], ["X-C"], ["X-D: e"])
    assert (found["timeout"], found["idle"], found["host header"]) == (["7s"], ["0s: none"], ["as it comes in"]) and "identity" in found
    assert doc["route"]["config"]["timeout"] == "7s"
    assert {"kind": "Service", "namespace": "shop", "name": "it", "state": "found"} in doc["route"]["references"]


SECRET = "nobody may ever see this"


def with_secrets(folder, tmp_path):
    certificate(tmp_path, "*.secret.org")
    write(folder / "secret.yaml", json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hidden", "namespace": "shop"}, "stringData": {"X-Token": SECRET}}))
    write(folder / "tls.yaml", tls_secret(tmp_path, "wild-tls"))
    spec = ingress("tls", ("Prefix", "/"), host="a.secret.org", annotations=annotate(set_request_headers_secret="hidden"))
    write(folder / "tls-it.yaml", spec.replace("  rules:\n", "  tls: [{hosts: [a.secret.org], secretName: wild-tls}]\n  rules:\n"))


def test_the_certificate_is_named_and_no_value_of_a_secret(ask, tmp_path):
    with_secrets(ask.folder, tmp_path)
    done = ask("--json", "https://a.secret.org/x")
    assert done.returncode == 0 and SECRET not in done.stdout
    route = json.loads(done.stdout)["route"]
    assert route["certificate"]["secret"] == "shop/wild-tls" and route["certificate"]["valid_until"].startswith("20")
    assert route["config"]["set_request_headers"] == {"X-Token": "(hidden)"}
    assert "certificate Secret shop/wild-tls, valid until" in ask("https://a.secret.org/x").stdout
    assert "none of a Secret" in ask(f"https://{HOST}/").stdout


# ---- a running pipeline ----

def test_a_pipeline_answers_the_same_and_knows_what_is_stored(ask, sluice, tmp_path):
    with_secrets(ask.folder, tmp_path)
    with Pipeline(sluice, tmp_path, ask.folder) as p:
        p.settled()

        def live(*args):
            return subprocess.run([sluice, "explain", *args, "--run-dir", str(p.run_dir)], capture_output=True, text=True, timeout=60)
        for url in (f"https://{HOST}/api/v1", f"https://{HOST}/api/v2", "https://other.example.com/x", "https://a.secret.org/", "https://elsewhere.org/", f"https://{HOST}/.pomerium/"):
            status, doc = said(live("--json", url))
            want_status, want = said(ask("--json", url))
            assert status == want_status
            if doc["route"]:
                assert doc["route"].pop("stored")["state"] == "equal" and doc["route"].pop("since")
                references = [{k: v for k, v in r.items() if k != "addresses"} for r in doc["route"].pop("references") if r["kind"] in ("Service", "Secret")]
                assert all(r in references for r in want["route"].pop("references"))
            assert doc == want
            assert SECRET not in json.dumps(doc)
        write(ask.folder / "web.yaml", ingress("web", ("Prefix", "/"), annotations="ingress.pomerium.io/timeout: x"))
        wait_for("last good", lambda: "serving the last good routes of 20" in live(f"https://{HOST}/").stdout)
        assert "its newest state is rejected: " in live(f"https://{HOST}/").stdout
        assert live("https://").returncode == 2


def test_what_was_restored_shows_no_header_at_all(ask, sluice, tmp_path):
    """A publisher that starts anew does not know any more which headers came from a Secret."""
    with_secrets(ask.folder, tmp_path)
    out = tmp_path / "out"
    assert subprocess.run([sluice, "up", "-f", str(ask.folder), "--out", str(out), "--once"], capture_output=True, timeout=60).returncode == 0
    write(ask.folder / "tls-it.yaml", (ask.folder / "tls-it.yaml").read_text().replace("set_request_headers_secret", "timeout"))
    with Pipeline(sluice, tmp_path, ask.folder, out=out) as p:
        def dump():
            return subprocess.run([sluice, "explain", "--json", "https://a.secret.org/", "--run-dir", str(p.run_dir)], capture_output=True, text=True, timeout=60).stdout
        wait_for(dump, lambda: '"state":"last good"' in dump())
        assert SECRET not in dump() and json.loads(dump())["route"]["config"]["set_request_headers"] == {"X-Token": "(hidden)"}


@pytest.mark.parametrize("source", ["-", "/dev/stdin", "/dev/fd/0"])
@pytest.mark.parametrize("verb", [["translate", "-f"], ["explain", "-f"], ["explain", f"https://{HOST}/", "-f"], ["lint", "-f"], ["routes", "-f"], ["routes", "-o", "json", "-f"],
                                  ["migrate", "--from-class", "pomerium"], ["plan", "--from", "/dev/null", "--to"]], ids=lambda v: " ".join(v[:2]))
def test_every_verb_reads_standard_input(sluice, tmp_path, verb, source):
    """A pipe, under each of its names, is as good as a file."""
    text = ingress("web", ("Prefix", "/"))
    (tmp_path / "web.yaml").write_text(text)
    ask = lambda path, **more: subprocess.run([sluice, *verb, path], capture_output=True, text=True, timeout=60, **more)
    file, pipe = ask(tmp_path / "web.yaml"), ask(source, input=text)
    want = file.stdout.replace(str(tmp_path / "web.yaml"), "stdin" if source == "-" else source)
    assert (pipe.returncode, pipe.stdout) == (file.returncode, want) and file.stdout + file.stderr
