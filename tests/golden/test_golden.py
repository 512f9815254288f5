"""Every golden case through the offline commands, and the ingress cases through the running pipeline too."""
import json
import pathlib
import subprocess

import judge
import pytest

CASES = pathlib.Path(__file__).parent / "cases"


def cases(*areas, having="input.yaml"):
    found = [c for area in areas for c in sorted((CASES / area).iterdir())
             if not c.name.startswith("_") and (c / having).exists()]
    assert found
    return pytest.mark.parametrize("case", found, ids=[f"{c.parent.name}/{c.name}" for c in found])


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, timeout=60, stdin=subprocess.DEVNULL, **more)
    assert done.returncode >= 0, f"died of signal {-done.returncode}: {done.stderr!r}"
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


@cases("ingress", "settings", "gateway")
def test_translate(sluice, case):
    status, stdout, stderr = run(sluice, "translate", "-f", case / "input.yaml", "--format", "json", *judge.arguments(case))
    if (case / "expected.error").exists():
        judge.assert_rejected(case, case.parent.name, status, stdout, stderr)
    else:
        assert status in (0, 1), stderr
        assert judge.normal(json.loads(stdout)) == judge.normal(judge.expected(case))


@cases("bootstrap")
def test_bootstrap(sluice, case):
    status, stdout, stderr = run(sluice, "translate", "--bootstrap", "-f", case / "input.yaml", "--format", "json", *judge.arguments(case))
    if (case / "expected.error").exists():
        judge.assert_rejected(case, "bootstrap", status, stdout, stderr)
    else:
        assert status in (0, 1), stderr
        assert judge.normal_bootstrap(json.loads(stdout)) == judge.normal_bootstrap(judge.expected(case))


@cases("ppl")
def test_ppl(sluice, case):
    status, stdout, stderr = run(sluice, "ppl", case / "input.yaml", *judge.arguments(case))
    if (case / "expected.error").exists():
        judge.assert_rejected(case, "ppl", status, stdout, stderr)
    else:
        assert status == 0, stderr
        assert stdout.encode() == (case / "expected.rego").read_bytes()


@cases("class")
def test_class(sluice, case):
    _, stdout, _ = run(sluice, "explain", "--json", "-f", case / "input.yaml", *judge.arguments(case))
    got, want = json.loads(stdout), judge.expected(case)
    assert sorted(got["managed"]) == sorted(want["managed"])
    assert sorted(i["name"] for i in got["ignored"]) == sorted(i["name"] for i in want["ignored"])


@cases("gateway", having="expected.status.json")
def test_status(sluice, case, tmp_path):
    """What the objects of the Gateway API are told."""
    statuses = tmp_path / "status.json"
    run(sluice, "translate", "-f", case / "input.yaml", "--format", "json", "--status", statuses, *judge.arguments(case))
    assert judge.normal_status(json.loads(statuses.read_text())) == judge.normal_status(judge.expected_status(case))


@cases("gateway")
def test_gateway_pipeline(sluice, case, tmp_path):
    """The same routes from four processes as from the offline command, and each certificate once."""
    out = tmp_path / "config.json"
    arguments = [a for a in judge.arguments(case) if a == "--experimental-gateway-api"]
    status, _, stderr = run(sluice, "up", "--once", "-f", case / "input.yaml", "--out", out, "--format", "json", *arguments)
    assert status in (0, 1), stderr
    got, want = json.loads(out.read_text()), judge.expected(case)
    assert got.get("routes", []) == want.get("routes", [])
    assert judge.certificates(got) == judge.certificates(want)


@cases("ingress")
def test_pipeline(sluice, case, tmp_path):
    """The same answer from four processes as from the offline command."""
    out = tmp_path / "config.json"
    status, _, stderr = run(sluice, "up", "--once", "-f", case / "input.yaml", "--out", out, "--format", "json", *judge.arguments(case))
    if (case / "expected.error").exists():
        assert status == 1, stderr
        assert '"from"' not in out.read_text()
        judge.assert_mentions(case, stderr.replace('\\"', '"'))
    else:
        assert status in (0, 1), stderr
        assert judge.normal(json.loads(out.read_text())) == judge.normal(judge.expected(case))
