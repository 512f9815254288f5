"""sluice plan: what would change, from one folder to another and from a running pipeline."""
import base64
import json
import os
import subprocess

import pytest
from databroker import Databroker, Up, new_secret
from pipeline import CLASS, Pipeline, app, certificate, fill, tls_secret, wait_for, write

PUBLIC = "ingress.pomerium.io/allow_public_unauthenticated_access: 'true'"
ANY_USER = "ingress.pomerium.io/allow_any_authenticated_user: 'true'"
BROKEN = "ingress.pomerium.io/policy: 'not a policy'"
SECRET = "nobody may ever see this"


def policy(domain):
    return f'ingress.pomerium.io/policy: \'[{{"allow":{{"and":[{{"domain":{{"is":"{domain}"}}}}]}}}}]\''


@pytest.fixture
def sides(tmp_path):
    for side in ("a", "b"):
        write(tmp_path / side / "class.yaml", CLASS)
        for name in ("one", "two", "three"):
            write(tmp_path / side / f"{name}.yaml", app(name, annotations=policy("a.org")))
    return tmp_path / "a", tmp_path / "b"


def run(sluice, *args):
    return subprocess.run([sluice, "plan", *map(str, args)], capture_output=True, text=True, timeout=60)


def plan(sluice, sides, *args):
    done = run(sluice, "--from", sides[0], "--to", sides[1], "-o", "json", *args)
    return done.returncode, json.loads(done.stdout)


def test_equal_sides(sluice, sides):
    done = run(sluice, "--from", sides[0], "--to", sides[1])
    assert (done.returncode, done.stdout, done.stderr) == (0, "No change.\n", "")


def test_a_person_reads_what_is_widened_first(sluice, sides):
    write(sides[1] / "one.yaml", app("one", annotations=PUBLIC + "\ningress.pomerium.io/timeout: 7s"))
    write(sides[1] / "four.yaml", app("four", annotations=ANY_USER))
    (sides[1] / "three.yaml").unlink()
    done = run(sluice, "--from", sides[0], "--to", sides[1])
    assert done.returncode == 4 and done.stdout.splitlines() == [
        "Access",
        "  wider         https://four.example.com prefix /: not there -> any user (shop/four)",
        "  wider         https://one.example.com prefix /: policy -> public (shop/one)",
        "Routes",
        "  + https://four.example.com prefix / -> http://10.0.0.1:8080, any user (shop/four)",
        "  ~ https://one.example.com prefix / (shop/one)",
        *[line for line in done.stdout.splitlines() if line.startswith("      ")],
        "  - https://three.example.com prefix / -> http://10.0.0.1:8080, policy (shop/three)",
        "Routes: 1 added, 1 removed, 1 changed; access wider at 2, narrower at 0, another policy at 0."]
    assert '      timeout: not set -> "7s"' in done.stdout and "      allow_public_unauthenticated_access: not set -> true" in done.stdout


def test_access_in_a_word(sluice, sides):
    write(sides[1] / "one.yaml", app("one"))
    write(sides[1] / "two.yaml", app("two", annotations=policy("b.org")))
    status, said = plan(sluice, sides)
    assert status == 4 and {(a["name"], a["change"], a["before"], a["access"]) for a in said["access"]} == \
        {("one", "narrower", "policy", "nobody"), ("two", "other policy", "policy", "policy")}


def test_the_route_that_serves_counts_for_access(sluice, sides):
    """Two routes of one host and path: the one whose id comes first is served."""
    write(sides[1] / "zzz.yaml", app("zzz", annotations=PUBLIC, host="one.example.com"))
    status, said = plan(sluice, sides)
    assert status == 4 and said["access"] == [] and [r["name"] for r in said["added"]] == ["zzz"]
    assert said["hosts"] == [{"host": "one.example.com", "before": "shop/one", "after": "shop/one,shop/zzz"}]
    write(sides[1] / "aaa.yaml", app("aaa", annotations=PUBLIC, host="one.example.com"))
    assert [(a["name"], a["before"], a["access"]) for a in plan(sluice, sides)[1]["access"]] == [("aaa", "policy", "public")]


def test_what_is_rejected_keeps_its_last_good_routes(sluice, sides):
    write(sides[1] / "one.yaml", app("one", annotations=BROKEN))
    write(sides[1] / "bad.yaml", app("bad", annotations=BROKEN))
    status, said = plan(sluice, sides)
    assert status == 1 and (said["added"], said["removed"], said["changed"]) == ([], [], [])
    assert {(r["name"], r["new"], r["keeps_last_good"]) for r in said["rejected"]} == {("one", True, True), ("bad", True, False)}
    done = run(sluice, "--from", sides[0], "--to", sides[1])
    assert "shop/one, its last good routes stay: " in done.stdout and "shop/bad: " in done.stdout


def test_certificates_and_secrets(sluice, sides, tmp_path):
    certificate(tmp_path, "*.example.com")
    write(sides[1] / "tls.yaml", tls_secret(tmp_path, "wild"))
    write(sides[1] / "hidden.yaml", json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hidden", "namespace": "shop"}, "stringData": {"X-T": SECRET}}))
    write(sides[1] / "one.yaml", app("one", annotations=policy("a.org") + "\ningress.pomerium.io/set_request_headers_secret: hidden",
                                     more="  tls: [{hosts: [one.example.com], secretName: wild}]\n"))
    status, said = plan(sluice, sides)
    assert status == 4 and [(c["change"], c["secret"], c["name"]) for c in said["certificates"]] == [("added", "shop/wild", "one")]
    assert said["changed"][0]["fields"] == [{"name": "set_request_headers", "before": None, "after": {"X-T": "(hidden)"}}]
    assert SECRET not in run(sluice, "--from", sides[0], "--to", sides[1]).stdout


def pomerium(spec):
    return json.dumps({"apiVersion": "ingress.pomerium.io/v1", "kind": "Pomerium", "metadata": {"name": "global"}, "spec": {"secrets": "shop/bootstrap", **spec}})


def test_settings(sluice, sides, tmp_path):
    key = base64.b64encode(b"k" * 32).decode()
    for side, spec in zip(sides, ({"timeouts": {"read": "3s"}}, {"timeouts": {"read": "4s"}, "useProxyProtocol": True})):
        write(side / "secret.yaml", json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bootstrap", "namespace": "shop"},
                                                "stringData": {"shared_secret": key, "cookie_secret": key}}))
        write(side / "settings.yaml", pomerium(spec))
    want = [{"name": "timeouts", "before": {"read": "3s"}, "after": {"read": "4s"}}, {"name": "useProxyProtocol", "before": None, "after": True}]
    status, said = plan(sluice, sides)
    assert (status, said["settings"], said["changed"]) == (4, want, [])
    assert 'Settings of the Pomerium object\n  timeouts: {"read":"3s"} -> {"read":"4s"}\n  useProxyProtocol: not set -> true\n' in run(sluice, "--from", sides[0], "--to", sides[1]).stdout
    with Pipeline(sluice, tmp_path, sides[0]) as p:
        p.settled()
        here = ("--run-dir", p.run_dir)
        assert run(sluice, sides[0], *here).stdout == "No change.\n"
        done = run(sluice, sides[1] / "settings.yaml", *here, "-o", "json")
        assert (done.returncode, json.loads(done.stdout)["settings"]) == (4, want)
    (sides[1] / "settings.yaml").unlink()
    assert [f["name"] for f in plan(sluice, sides)[1]["settings"]] == ["secrets", "timeouts"]
    write(sides[1] / "settings.yaml", pomerium({"timeouts": {"read": "never"}}))
    status, said = plan(sluice, sides)
    assert (status, said["settings"]) == (1, []), "the old ones stay"


def test_what_is_ours_is_for_the_pipeline_to_say(sluice, tmp_path):
    """It runs with other flags than the plan."""
    fill(tmp_path / "in", 2)
    write(tmp_path / "in/elsewhere.yaml", app("elsewhere", namespace="elsewhere"))
    write(tmp_path / "in/two.yaml", app("two", annotations="example.org/timeout: 7s"))
    args = ("--namespaces", "shop", "--prefix", "example.org")
    with Pipeline(sluice, tmp_path, tmp_path / "in", *args) as p:
        wait_for("the first file", lambda: p.out.exists())
        done = run(sluice, tmp_path / "in", "--run-dir", p.run_dir)
        assert (done.returncode, done.stdout, done.stderr) == (0, "No change.\n", "")
        write(tmp_path / "new.yaml", app("two", annotations="example.org/timeout: 8s"))
        done = run(sluice, tmp_path / "new.yaml", "--run-dir", p.run_dir)
        assert done.returncode == 4 and '      timeout: "7s" -> "8s"\n' in done.stdout


def aged(text, stamp):
    return text.replace("kind: Ingress\nmetadata: {", f"kind: Ingress\nmetadata: {{creationTimestamp: '{stamp}', ").replace("kind: Ingress\nmetadata:\n", f"kind: Ingress\nmetadata:\n  creationTimestamp: '{stamp}'\n")


def test_a_place_that_an_older_namespace_has(sluice, tmp_path):
    """What a manifest replaces stays as old as it is; what is new is the youngest."""
    write(tmp_path / "in/class.yaml", CLASS)
    first = aged(app("first", host="one.example.com", namespace="old"), "2020-01-01T00:00:00Z")
    assert "creationTimestamp" in first
    write(tmp_path / "in/first.yaml", first)
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        p.settled()
        here = ("--run-dir", p.run_dir)
        write(tmp_path / "new.yaml", app("new", host="one.example.com", namespace="new", annotations=PUBLIC))
        done = run(sluice, tmp_path / "new.yaml", *here)
        assert (done.returncode, done.stdout) == (0, "No change.\n"), done.stdout
        write(tmp_path / "first.yaml", app("first", host="one.example.com", namespace="old", annotations=ANY_USER))
        done = run(sluice, tmp_path / "first.yaml", tmp_path / "new.yaml", *here, "-o", "json")
        said = json.loads(done.stdout)
        assert done.returncode == 4 and [(a["name"], a["access"]) for a in said["access"]] == [("first", "any user")] and said["added"] == []


def test_the_guard_against_mass_deletion(sluice, tmp_path):
    fill(tmp_path / "a", 50)
    fill(tmp_path / "b", 20)
    sides = tmp_path / "a", tmp_path / "b"
    assert plan(sluice, sides)[1]["held_by_guard"] == 30
    assert "would hold 30 of 50 routes" in run(sluice, "--from", *sides[:1], "--to", sides[1]).stdout
    assert plan(sluice, sides, "--max-delete-share", "70")[1]["held_by_guard"] == 0
    fill(tmp_path / "c", 30)
    assert plan(sluice, (sides[0], tmp_path / "c"))[1]["held_by_guard"] == 0, "20 or fewer may go"
    write(tmp_path / "b/pomerium.yaml", "{apiVersion: ingress.pomerium.io/v1, kind: Pomerium, metadata: {name: global, annotations: "
          "{ingress.pomerium.io/allow-mass-delete: 'true'}}, spec: {secrets: a/b}}\n---\n"
          "{apiVersion: v1, kind: Secret, metadata: {name: b, namespace: a}, stringData: {shared_secret: %s, cookie_secret: %s, signing_key: c}}" % ("a" * 32, "b" * 32))
    assert plan(sluice, sides)[1]["held_by_guard"] == 0, "the Pomerium object allows it"


def test_the_guard_holds_a_few_for_want_of_a_class(sluice, tmp_path):
    fill(tmp_path / "in", 3)
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        p.settled()
        fill(tmp_path / "without", 3)
        (tmp_path / "without/class.yaml").unlink()
        write(tmp_path / "without/other.yaml", CLASS.replace("pomerium.io/ingress-controller", "example.com/other"))
        said = plan(sluice, (tmp_path / "in", tmp_path / "without"), "--class", "")[1]
        assert said["held_by_guard"] == 3
        done = run(sluice, tmp_path / "without/other.yaml", "--run-dir", p.run_dir, "-o", "json")
        assert json.loads(done.stdout)["held_by_guard"] == 3, "as the pipeline would"
        write(tmp_path / "in/class.yaml", (tmp_path / "without/other.yaml").read_text())
        wait_for(p.log, lambda: "no class is left, the routes stay" in p.log() and "routes=3 of=3" in p.log())


def test_application_manifests_need_no_class_and_no_service(sluice, tmp_path):
    alone = app("alone", annotations=ANY_USER).split("---\n")[-1]
    write(tmp_path / "a.yaml", alone)
    write(tmp_path / "b.yaml", alone.replace("path: /", "path: /b"))
    status, said = plan(sluice, (tmp_path / "a.yaml", tmp_path / "b.yaml"))
    assert status == 4 and (len(said["added"]), len(said["removed"])) == (1, 1) and said["rejected"] == []


def test_a_folder_over_a_running_pipeline(sluice, tmp_path):
    fill(tmp_path / "in", 3)
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        p.settled()
        here = ("--run-dir", p.run_dir)
        assert run(sluice, tmp_path / "in", *here).returncode == 0
        write(tmp_path / "new/app-1.yaml", app("app-1", "10.0.0.2", "ingress.pomerium.io/timeout: 7s"))
        done = run(sluice, tmp_path / "new", *here, "-o", "json")
        said = json.loads(done.stdout)
        assert done.returncode == 4 and [(r["name"], r["fields"]) for r in said["changed"]] == [("app-1", [{"name": "timeout", "before": None, "after": "7s"}])]
        assert (said["added"], said["removed"]) == ([], []), "what the folder does not name stays"
        write(tmp_path / "in/app-1.yaml", (tmp_path / "new/app-1.yaml").read_text())
        wait_for("it is there", lambda: run(sluice, tmp_path / "new", *here).returncode == 0)
        write(tmp_path / "in/app-2.yaml", app("app-2", annotations=BROKEN))
        wait_for("last good", lambda: "as now, its last good routes stay" in run(sluice, tmp_path / "new", *here).stdout)
        assert run(sluice, tmp_path / "new", *here).returncode == 0, "it was rejected before"
        assert run(sluice, tmp_path / "in", *here).returncode == 1, "but now it is named"
        assert run(sluice, "--from", tmp_path / "in", "--to", "pipeline", *here).returncode in (0, 1, 4)


def test_a_databroker_is_a_side(sluice, tmp_path):
    fill(tmp_path / "in", 3)
    write(tmp_path / "in/hidden.yaml", json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hidden", "namespace": "shop"}, "stringData": {"X-T": SECRET}}))
    certificate(tmp_path, "*.example.com")
    write(tmp_path / "in/tls.yaml", tls_secret(tmp_path, "wild"))
    write(tmp_path / "in/app-1.yaml", app("app-1", annotations=PUBLIC + "\ningress.pomerium.io/set_request_headers_secret: hidden",
                                          more="  tls: [{hosts: [app-1.example.com], secretName: wild}]\n"))
    with Databroker(tmp_path / "databroker") as d, Up(sluice, tmp_path / "up", tmp_path / "in", d) as p:
        p.stored(20)
        there = ("--databroker-service-url", d.url)

        def ask(*args, secret=d.secret):
            return subprocess.run([sluice, *map(str, args)], capture_output=True, text=True, timeout=60, env={**os.environ, "SHARED_SECRET": secret})
        for side in (tmp_path / "in", "pipeline"):
            for sides in (("databroker", side), (side, "databroker")):
                done = ask("plan", "--from", sides[0], "--to", sides[1], *there, "--run-dir", p.run_dir)
                assert (done.returncode, done.stdout, done.stderr) == (0, "No change.\n", ""), sides
        d.store("ingress-controller", {"routes": [{"from": "https://old.example.com", "to": ["http://10.0.0.9"], "id": "old"}]})
        done = ask("plan", "--from", "pipeline", "--to", "databroker", *there, "--run-dir", p.run_dir)
        assert done.returncode == 4 and "  + https://old.example.com prefix / -> http://10.0.0.9, nobody (ingress-controller)" in done.stdout
        done = ask("routes", "--from", "databroker", *there, "-o", "json")
        assert done.returncode == 0 and SECRET not in done.stdout
        assert {(r["name"], r["access"]) for r in json.loads(done.stdout)["routes"]} == \
            {("app-0", "nobody"), ("app-1", "public"), ("app-2", "nobody"), ("ingress-controller", "nobody")}
        done = ask("explain", "https://app-1.example.com/", "--from", "databroker", *there)
        assert done.returncode == 0 and "  owner       Ingress shop/app-1" in done.stdout and SECRET not in done.stdout
        assert "(hidden)" in done.stdout and "shop/wild" in done.stdout
        wrong = ask("routes", "--from", "databroker", *there, secret=new_secret())
        assert wrong.returncode == 3 and "the shared secret must be that of the databroker" in wrong.stderr
        d.stop()
        assert "the databroker cannot be read: " in ask("routes", "--from", "databroker", *there).stderr


def test_wrong_usage(sluice, sides):
    assert run(sluice).returncode == 2
    assert run(sluice, "--from", sides[0]).returncode == 2
    assert run(sluice, "--from", sides[0], "--to", sides[1], sides[1]).returncode == 2
    assert "manifests are laid over a pipeline or a cluster, not over" in run(sluice, "--from", "databroker", sides[1]).stderr
    assert "name the databroker with --databroker-service-url" in run(sluice, "--from", "databroker", "--to", sides[1]).stderr
    assert "the databroker wants a secret" in run(sluice, "--from", "databroker", "--to", sides[1], "--databroker-service-url", "http://127.0.0.1:1").stderr
    assert run(sluice, "--from", sides[0], "--to", sides[0] / "none").returncode == 3
    assert run(sluice, sides[0], "--run-dir", sides[0]).returncode == 3
