"""Situations that people reported of controllers of this kind (cases/): what sluice makes of each, and by which rule."""
import json
import pathlib
import re
import subprocess

import pytest
import yaml
from bootstrap import POMERIUM, secret
from pipeline import CLASS, Pipeline, app, read, wait_for, write

CASES = pathlib.Path(__file__).parent / "cases"
# case: exit status, codes of what is rejected, codes of warnings, hosts that are published
EXPECTED = {
    "01": (1, {1203}, set(), []),  # OCSP must-staple
    "02": (1, {1204}, set(), []),  # a negative serial number
    "03": (1, {1211}, set(), []),  # a byte-order mark before tls.crt
    "03c": (1, {1211}, set(), []),  # and before ca.crt
    "04": (1, {1208}, set(), []),  # RSA of 1024 bits
    "05": (1, {1205}, set(), []),  # the second certificate is cut off
    "06": (1, {1304}, set(), []),  # %UNKNOWN%
    "07": (1, {1709}, set(), []),  # WebSocket
    "08": (1, {1611}, set(), ["a.example.com"]),  # hosts that differ in case only
    "09": (0, set(), {1610}, ["a.example.com"] * 2),  # alike; in JSON and in a databroker they have ids
    "10": (1, {1723}, set(), []),  # max_ejection_time below the base
    "11": (0, set(), set(), ["a.example.com"]),  # RE2 in Envoy takes it: it matches bytes
    "12": (1, {1306}, set(), []),  # 1200 response headers
    "13": (1, {1220}, set(), []),  # authorities without a certificate
    "14": (0, set(), {1110}, ["a.example.com"]),  # the label of a solver alone
    "15a": (1, {1105}, set(), []),  # secure_upstream: yes
    "16": (0, set(), set(), ["a.example.com"]),  # what a policy denies stays denied
    "17": (1, {1007}, set(), ["good.example.com"]),  # an unquoted true in one object
}


def run(sluice, name):
    done = subprocess.run([sluice, "translate", "--format", "json", "-f", CASES / f"{name}.yaml"], capture_output=True, text=True, timeout=60)
    lines = [l for l in done.stderr.splitlines() if re.search(r"\[SLU\d{4}\]$", l)]
    codes = [{int(l[-5:-1]) for l in lines if (": warning: " in l) == warns} for warns in (False, True)]
    return done, codes, json.loads(done.stdout).get("routes", [])


@pytest.mark.parametrize("name", EXPECTED)
def test_case(sluice, name):
    status, rejected, warned, hosts = EXPECTED[name]
    done, (errors, warnings), routes = run(sluice, name)
    assert (done.returncode, errors) == (status, rejected), done.stderr
    assert warnings - {1826} == warned, done.stderr  # storage in memory is none of this
    assert [r["from"] for r in routes] == [f"https://{h}" for h in hosts], done.stdout


def test_a_label_alone_makes_nothing_public(sluice):
    _, _, routes = run(sluice, "14")
    assert not routes[0].get("allow_public_unauthenticated_access") and routes[0]["policies"]


def test_what_has_no_quotes_is_told_so(sluice):
    done, _, _ = run(sluice, "17")
    assert "Ingress default/bad: " in done.stderr and "put it in quotes" in done.stderr


def alike(name, age="2026-01-01", to="10.0.0.1", called="App", host="a.example.com", timeout=1):
    ingress = app(name, to, f"ingress.pomerium.io/name: {called}\ningress.pomerium.io/timeout: {timeout}s", host=host)
    return ingress.replace(f"\n  name: {name}\n", f"\n  name: {name}\n  creationTimestamp: {age}T00:00:00Z\n")


def spelled(name, host, age="2026-01-01"):
    return app(name, host=f"'{host}'").replace(f"\n  name: {name}\n", f"\n  name: {name}\n  creationTimestamp: {age}T00:00:00Z\n")


@pytest.mark.parametrize("one, other, served", [
    (("a", "x.example.com"), ("b", "X.example.com"), "x.example.com"),                # of equal age: the later by name is rejected
    (("a", "X.example.com"), ("b", "x.example.com"), "X.example.com"),
    (("a", "x.example.com"), ("b", "X.example.com", "2025-01-01"), "X.example.com"),  # the older one keeps it
    (("a", "*.X.example.com"), ("b", "*.x.example.com"), "*.x.example.com")])         # a wildcard is matched as it is written
def test_of_hosts_that_differ_in_case_one_is_served(sluice, tmp_path, one, other, served):
    write(tmp_path / "in/class.yaml", CLASS)
    write(tmp_path / "in/1.yaml", spelled(*one))
    write(tmp_path / "in/2.yaml", spelled(*other))
    done = subprocess.run([sluice, "translate", "--format", "json", "-f", tmp_path / "in"], capture_output=True, text=True, timeout=60)
    assert [r["from"] for r in json.loads(done.stdout)["routes"]] == [f"https://{served}"], done.stderr
    (refused,) = re.findall(r"^(shop/\S+): .*\[SLU1611\]$", done.stderr, re.M)
    assert refused == f"shop/{other[0] if served == one[1] else one[0]}" and done.returncode == 1


def test_one_spelling_in_one_ingress(sluice, tmp_path):
    text = app("a", host="x.example.com")
    rule = text[text.index("  - host: "):]
    write(tmp_path / "in.yaml", CLASS + "---\n" + text + rule.replace("x.example", "X.example"))
    done = subprocess.run([sluice, "translate", "--format", "json", "-f", tmp_path / "in.yaml"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "[SLU1611]" in done.stderr and "routes" not in json.loads(done.stdout)


def test_one_spelling_of_the_default_backend_and_a_rule(sluice, tmp_path):
    text = app("a", host="x.example.com")
    backend = "{service: {name: a, port: {number: 80}}}"
    write(tmp_path / "in.yaml", CLASS + "---\n" + text.replace("\n  rules:\n", f"\n  tls: [{{hosts: [X.example.com]}}]\n  defaultBackend: {backend}\n  rules:\n"))
    done = subprocess.run([sluice, "translate", "--format", "json", "-f", tmp_path / "in.yaml"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "[SLU1611]" in done.stderr and "routes" not in json.loads(done.stdout), done.stderr


GATEWAY = """apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: c}
spec: {controllerName: pomerium.io/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g, namespace: shop}
spec: {gatewayClassName: c, listeners: %s}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: shop}
spec: {parentRefs: [{name: g}], hostnames: %s, rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: http}}]}]}
"""


@pytest.mark.parametrize("listeners, hostnames, served", [
    ([None], ["x.example.com", "X.example.com"], None),
    (["x.example.com", "X.example.com"], [], None),
    (["*.X.example.com"], [], None),
    ([None], ["X.example.com"], "X.example.com")])
def test_one_spelling_in_one_http_route(sluice, tmp_path, listeners, hostnames, served):
    listeners = [{"name": f"l{i}", "port": 443, "protocol": "HTTPS", **({"hostname": h} if h else {})} for i, h in enumerate(listeners)]
    write(tmp_path / "in.yaml", GATEWAY % (json.dumps(listeners), json.dumps(hostnames)))
    done = subprocess.run([sluice, "translate", "--format", "json", "-f", tmp_path / "in.yaml"], capture_output=True, text=True, timeout=60)
    assert [r["from"] for r in json.loads(done.stdout).get("routes", [])] == ([f"https://{served}"] if served else []), done.stderr
    assert ("[SLU1611]" in done.stderr) == (served is None) and done.returncode == (served is None)


@pytest.mark.parametrize("host, served", [("login.example.com", False), ("LOGIN.example.com", False), ("Login.Example.com", True), ("a.example.com", True)])
def test_people_log_in_at_one_spelling(sluice, tmp_path, host, served):
    """That of the Pomerium object, which stays as it is written: an identity provider may compare it."""
    pomerium = POMERIUM + "  authenticate: {url: 'https://Login.Example.com'}\n"
    write(tmp_path / "in.yaml", "---\n".join([pomerium, secret(), CLASS, app("a", host=host)]))
    done = subprocess.run([sluice, "translate", "--format", "json", "-f", tmp_path / "in.yaml"], capture_output=True, text=True, timeout=60)
    made = json.loads(done.stdout)
    assert made["settings"]["authenticate_service_url"] == "https://Login.Example.com", done.stderr
    assert [r["from"] for r in made.get("routes", [])] == ([f"https://{host}"] if served else []), done.stderr
    assert ("[SLU1611]" in done.stderr) == (not served)


@pytest.mark.parametrize("second, refused", [
    ({}, ["shop/b"]),                              # of equal age: the later by name
    ({"age": "2025-01-01"}, ["shop/a"]),           # the older one keeps it
    ({"to": "10.0.0.2"}, []), ({"called": "B"}, []), ({"host": "b.example.com"}, [])])
def test_a_file_never_has_routes_that_are_alike(sluice, tmp_path, second, refused):
    write(tmp_path / "in/class.yaml", CLASS)
    write(tmp_path / "in/1.yaml", alike("a"))
    write(tmp_path / "in/2.yaml", alike("b", **second))
    done = subprocess.run([sluice, "translate", "--format", "yaml", "-f", tmp_path / "in"], capture_output=True, text=True, timeout=60)
    assert re.findall(r"^(\S+): .*\[SLU1616\]$", done.stderr, re.M) == refused, done.stderr
    assert len(yaml.safe_load(done.stdout)["routes"]) == 2 - len(refused)


def test_who_was_alike_is_served_when_the_other_goes(sluice, tmp_path):
    write(tmp_path / "in/class.yaml", CLASS)
    for i, name in enumerate("abc"):
        write(tmp_path / f"in/{name}.yaml", alike(name, timeout=i + 1))
    with Pipeline(sluice, tmp_path, tmp_path / "in", "--format", "yaml", workers=2) as p:
        served = lambda: sorted(r["timeout"] for r in (yaml.safe_load(read(p.out) or b"") or {}).get("routes", []))
        wait_for(p.log, lambda: served() == ["1s"] and set(re.findall(r"owner=(\S+) reason=.*SLU1616", p.log())) == {"shop/b", "shop/c"})
        (tmp_path / "in/a.yaml").unlink()
        wait_for(p.log, lambda: served() == ["2s"])
        write(tmp_path / "in/c.yaml", alike("c", called="C", timeout=3))
        wait_for(p.log, lambda: served() == ["2s", "3s"])


def test_every_case_is_expected():
    assert {p.stem for p in CASES.glob("*.yaml")} == set(EXPECTED)
