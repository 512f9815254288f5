"""sluice lint: every error of an object with its line, and what is accepted and has no effect."""
import json
import pathlib
import re
import subprocess
import xml.etree.ElementTree

import pytest
import schemas

FOLDER = pathlib.Path(__file__).parent.parent / "lint"

HEAD = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations:
    ingress.pomerium.io/allow_any_authenticated_user: 'true'
"""
SPEC = """spec:
  ingressClassName: pomerium
  rules:
  - host: shop.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend: {service: {name: web, port: {number: 80}}}
"""
GOOD = HEAD + SPEC
FOUR = HEAD + """    ingress.pomerium.io/timeot: 3s
    ingress.pomerium.io/idle_timeout: soon
""" + SPEC + """      - path: /api
        backend: {service: {name: api, port: {number: 80}}}
      - path: /files
        pathType: Prefix
        backend: {resource: {kind: Bucket, name: files}}
"""


@pytest.fixture
def lint(sluice, tmp_path):
    def run(text, *args, stdin=False):
        (tmp_path / "web.yaml").write_text(text)
        done = subprocess.run([sluice, "lint", *args, "-" if stdin else "web.yaml"], cwd=tmp_path, input=text, capture_output=True, text=True, timeout=60)
        done.lines = [":".join(line.split(":")[:2]) + " " + line[line.rfind("[SLU") + 1:-1] for line in done.stdout.splitlines()]
        return done

    return run


def test_a_good_one_has_nothing_to_say(lint):
    done = lint(GOOD)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_four_errors_are_four_lines(lint):
    done = lint(FOUR)
    assert done.returncode == 1
    assert done.lines == ["web.yaml:8 SLU1101", "web.yaml:9 SLU1104", "web.yaml:19 SLU1605", "web.yaml:23 SLU1604"]
    for line in done.stdout.splitlines():
        assert re.match(r"web\.yaml:\d+: shop/web: .+ \[SLU\d{4}\]$", line)


@pytest.mark.parametrize("text, status", [
    ("", 3), ("a: [\n", 3), (GOOD.replace("ingressClassName: pomerium", "ingressClassName: nginx"), 3), (GOOD + "---\na: [\n", 3), (FOUR + "---\na: [\n", 3),
])
def test_what_cannot_be_read_is_status_3(lint, text, status):
    assert lint(text).returncode == status


def test_a_folder_that_is_not_there_is_status_3(sluice):
    assert subprocess.run([sluice, "lint", "/nowhere"], capture_output=True, timeout=60).returncode == 3


@pytest.mark.parametrize("args", [[], ["-o", "yaml", "x"], ["--fail-on", "nothing", "x"], ["--nonsense", "x"]])
def test_wrong_usage_is_status_2(sluice, args):
    done = subprocess.run([sluice, "lint", *args], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "sluice lint" in done.stderr


def test_a_warning_fails_if_that_is_wanted(lint):
    text = GOOD.replace("allow_any_authenticated_user: 'true'", "allow_any_authenticated_user: 'false'")
    assert lint(text).lines == ["web.yaml:6 SLU2501"]
    assert (lint(text).returncode, lint(text, "--fail-on", "warning").returncode) == (0, 1)


def test_strict_wants_what_is_referred_to(lint):
    text = GOOD.replace("  rules:", "  tls: [{hosts: [shop.example.com], secretName: later}]\n  rules:")
    assert lint(text).returncode == 0
    done = lint(text, "--strict")
    assert (done.returncode, done.lines) == (1, ["web.yaml:10 SLU2001", "web.yaml:17 SLU1703"])
    service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {ports: [{port: 80}]}\n"
    assert lint(GOOD + service, "--strict").lines == ["web.yaml:16 SLU2508"]


def test_helm_names_the_file(lint):
    text = "---\n# Source: shop/templates/service.yaml\n" + GOOD.replace("name: web\n", "name: other\n") + "---\n# Source: shop/templates/ingress.yaml\n" + FOUR
    done = lint(text, stdin=True)
    assert done.lines == ["shop/templates/ingress.yaml:8 SLU1101", "shop/templates/ingress.yaml:9 SLU1104", "shop/templates/ingress.yaml:19 SLU1605",
                          "shop/templates/ingress.yaml:23 SLU1604"]


def test_a_list_and_json_have_lines_too(lint):
    done = lint("apiVersion: v1\nkind: List\nitems:\n" + "".join("- " + line if i == 0 else "  " + line for i, line in enumerate(FOUR.splitlines(True))))
    assert done.lines == ["web.yaml:11 SLU1101", "web.yaml:12 SLU1104", "web.yaml:22 SLU1605", "web.yaml:26 SLU1604"]
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web", "annotations": {"ingress.pomerium.io/policy": "[", "ingress.pomerium.io/x": ""}},
               "spec": {"ingressClassName": "pomerium"}}
    assert lint(json.dumps(ingress, indent=1)).lines == ["web.yaml:7 SLU1401", "web.yaml:8 SLU1101"]


def test_one_bad_document_does_not_hide_the_others(lint):
    done = lint(FOUR + "---\n" + GOOD.replace("number: 80", "number: eighty") + "---\n" + FOUR.replace("name: web", "name: third"))
    assert done.returncode == 1
    assert [line.split()[1] for line in done.lines].count("SLU1101") == 2 and "SLU1007" in done.stdout


def test_json(lint):
    doc = json.loads(lint(FOUR, "-o", "json").stdout)
    assert (doc["errors"], doc["warnings"], doc["objects"]) == (4, 0, 1)
    assert doc["findings"][0] == {"file": "web.yaml", "line": 8, "column": 5, "kind": "Ingress", "name": "shop/web", "severity": "error", "code": "SLU1101",
                                  "field": "metadata.annotations[ingress.pomerium.io/timeot]",
                                  "sentence": 'annotation "ingress.pomerium.io/timeot" is unknown; did you mean ingress.pomerium.io/timeout?'}


def test_github(lint):
    lines = lint(FOUR.replace("timeot: 3s", "timeo%t: 3s"), "-o", "github").stdout.splitlines()
    assert lines[0].startswith("::error file=web.yaml,line=8,col=5,title=SLU1101::shop/web: annotation \"ingress.pomerium.io/timeo%25t\"")
    assert len(lines) == 4


# ---- Ingresses as applications have them: a comment at the end of a line says what lint says of it ----

def expected(path):
    return {(n, code) for n, line in enumerate(path.read_text().splitlines(), 1)
            for comment in re.findall(r" # ((?:SLU\d{4} ?)+)$", line) for code in comment.split()}


def said(text):
    return {(int(n), code) for n, code in re.findall(r"^[^:]*:(\d+): .* \[(SLU\d{4})\]$", text, re.M)}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_what_is_said_of_the_folder(sluice, path):
    done = subprocess.run([sluice, "lint", path], capture_output=True, text=True, timeout=60)
    assert said(done.stdout) == expected(path)
    assert len(done.stdout.splitlines()) == len(re.findall(r" \[SLU\d{4}\]$", done.stdout, re.M))
    kind = path.name.split("-")[0]
    assert (done.returncode, bool(done.stdout)) == {"good": (0, False), "bad": (1, True), "dead": (int(" SLU1401" in path.read_text()), True)}[kind]


def test_the_folder_is_large_enough(sluice):
    assert sum(path.read_text().count("kind: Ingress\n") for path in FOLDER.glob("*.yaml")) >= 120
    together = json.loads(subprocess.run([sluice, "lint", "-o", "json", FOLDER], capture_output=True, text=True, timeout=60).stdout)
    assert together["errors"] + together["warnings"] >= sum(len(expected(path)) for path in FOLDER.glob("*.yaml"))


# ---- reports ----

@pytest.mark.parametrize("kind", ["sarif", "junit"])
@pytest.mark.parametrize("paths", [[FOLDER], [FOLDER / "good-shop.yaml"], ["/nowhere"]], ids=["all", "good", "none"])
def test_reports_are_valid_by_their_schemas(sluice, kind, paths):
    done = subprocess.run([sluice, "lint", "-o", kind, *paths], capture_output=True, text=True, timeout=60)
    assert schemas.check(kind, done.stdout) == ""


@pytest.mark.parametrize("kind, broken", [("sarif", '{"version": "2.1.0", "runs": [{}]}'), ("junit", "<testsuites><testcase/></testsuites>")])
def test_the_schemas_refuse_what_is_none(kind, broken):
    assert schemas.check(kind, broken) != ""


def test_sarif_has_each_finding(lint):
    run = json.loads(lint(FOUR, "-o", "sarif").stdout)["runs"][0]
    places = [(r["ruleId"], r["locations"][0]["physicalLocation"]["region"]["startLine"]) for r in run["results"]]
    assert places == [("SLU1101", 8), ("SLU1104", 9), ("SLU1605", 19), ("SLU1604", 23)]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {code for code, _ in places}


def test_junit_has_a_test_for_each_object(lint):
    suite = xml.etree.ElementTree.fromstring(lint(FOUR + "---\n" + GOOD.replace("name: web\n", "name: other\n", 1), "-o", "junit").stdout).find("testsuite")
    cases = {case.get("name"): case for case in suite}
    assert sorted(cases) == ["Ingress shop/other", "Ingress shop/web"] and (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert cases["Ingress shop/other"].find("failure") is None
    assert re.findall(r"web\.yaml:(\d+): ", cases["Ingress shop/web"].find("failure").text) == ["8", "9", "19", "23"]


# ---- the same judgement as translate ----

CLASS = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: pomerium, annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}}\n" \
        "spec: {controller: pomerium.io/ingress-controller}\n"


def around(text, pair):
    """The Services and Secrets that an Ingress refers to, unless they are there."""
    more = []
    for name in set(re.findall(r"service:\s*\{?\s*name: ([a-z0-9-]+)", text)):
        ports = set(re.findall(r"number: (\d+)", text))
        if f"kind: Service\nmetadata: {{name: {name}," not in text:
            named = [f"{{port: {number}, name: p{number}}}" for number in ports] + [f"{{port: 8{i}, name: {port}}}" for i, port in enumerate(re.findall(r"port:\s*name: (\w+)", text))]
            more.append(f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: apps}}\nspec: {{ports: [{', '.join(named)}]}}\n")
    for name in set(re.findall(r"secretName: ([a-z0-9-]+)$|_secret: '([a-z0-9-]+)'", text, re.M)):
        more.append(f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {''.join(name)}, namespace: apps}}\ntype: kubernetes.io/tls\nstringData:\n" + "".join(
            f"  {key}: |\n" + "".join(f"    {line}\n" for line in pair[kind].splitlines()) for key, kind in (("tls.crt", "crt"), ("tls.key", "key"), ("ca.crt", "crt"))))
    text = text.replace("namespace: team-b", "namespace: apps")
    return "---\n".join([CLASS, text, *more])


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=example.com", "-addext", "subjectAltName=DNS:*.example.com", "-days", "30",
                    "-keyout", folder / "key", "-out", folder / "crt"], check=True, capture_output=True)
    return {name: (folder / name).read_text() for name in ("crt", "key")}


def documents():
    for path in sorted(FOLDER.glob("*.yaml")):
        text = path.read_text()
        for part in re.split(r"^---\n(?=(?:#.*\n)?apiVersion: networking\.k8s\.io/v1\b)", text, flags=re.M):
            if "kind: Ingress\n" in part and "\n  name: " in part:
                yield pytest.param(part, id=re.search(r"^  name: (\S+)", part, re.M)[1] + "-" + path.stem)


@pytest.mark.parametrize("text", documents())
def test_what_lint_accepts_translate_accepts(sluice, tmp_path, pair, text):
    """And what it refuses is refused. Sluice translate gets the class, Services and Secrets that the Ingress wants."""
    (tmp_path / "all.yaml").write_text(around(text, pair))
    lint = subprocess.run([sluice, "lint", "-"], input=text, capture_output=True, text=True, timeout=60)
    translate = subprocess.run([sluice, "translate", tmp_path / "all.yaml"], capture_output=True, text=True, timeout=60)
    assert (lint.returncode == 0) == (translate.returncode == 0), (lint.stdout, translate.stderr)
