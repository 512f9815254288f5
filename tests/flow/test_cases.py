"""Situations that people reported of controllers of this kind (cases/): what sluice makes of each, and by which rule."""
import json
import pathlib
import re
import subprocess

import pytest

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


def test_every_case_is_expected():
    assert {p.stem for p in CASES.glob("*.yaml")} == set(EXPECTED)
