"""A running pipeline asked by a person: sluice explain ingress, sluice dump, sluice top."""
import base64
import json
import os
import pty
import signal
import subprocess

import pytest
from pipeline import CLASS, Pipeline, app, certificate, fill, tls_secret, wait_for, write

SECRET = base64.b64encode(b"nobody may ever see this").decode()
BROKEN = "ingress.pomerium.io/policy: 'not a policy'"


@pytest.fixture(scope="module")
def live(sluice, tmp_path_factory):
    tmp = tmp_path_factory.mktemp("live")
    folder = tmp / "in"
    fill(folder, 3)
    write(folder / "secret.yaml", app("headers", "10.0.9.1", "ingress.pomerium.io/set_request_headers_secret: hidden") + f"""---
apiVersion: v1
kind: Secret
metadata: {{name: hidden, namespace: shop}}
data: {{X-Token: {SECRET}}}
""")
    write(folder / "broken.yaml", app("broken", annotations=BROKEN))
    write(folder / "foreign.yaml", app("foreign").replace("ingressClassName: pomerium", "ingressClassName: nginx"))
    with Pipeline(sluice, tmp, folder) as p:
        p.settled()
        yield p


def ask(p, *args):
    return subprocess.run([p.sluice, *args, "--run-dir", str(p.run_dir)], capture_output=True, text=True, timeout=60)


def explain(p, name):
    done = ask(p, "explain", "ingress", name, "--json")
    return done.returncode, json.loads(done.stdout)


def test_explain_says_all_of_a_good_ingress(live):
    done = ask(live, "explain", "ingress", "shop/app-1")
    assert done.returncode == 0, done.stderr
    for words in ("yes, class pomerium", "Service shop/app-1: found, 10.0.0.2:8080", "1. https://app-1.example.com prefix / -> http://10.0.0.2:8080", "as wanted"):
        assert words in done.stdout


def test_explain_says_why_one_is_rejected_and_when_it_was_mended(live):
    status, said = explain(live, "shop/broken")
    assert status == 1 and "policy" in said["publisher"]["rejected"] and said["publisher"]["rejected_since"]
    write(live.folder / "broken.yaml", app("broken"))
    wait_for(lambda: explain(live, "shop/broken"), lambda: explain(live, "shop/broken")[1]["publisher"]["stored"]["state"] == "equal")
    status, said = explain(live, "shop/broken")
    assert status == 0 and "policy" in said["publisher"]["last_error"] and len(said["publisher"]["routes"]) == 1
    write(live.folder / "broken.yaml", app("broken", annotations=BROKEN))
    wait_for("rejected again", lambda: explain(live, "shop/broken")[0] == 1)
    assert len(explain(live, "shop/broken")[1]["publisher"]["routes"]) == 1, "its last good route stays"


def test_every_error_reaches_everybody_who_asks(live):
    write(live.folder / "worse.yaml", app("worse", annotations="ingress.pomerium.io/timeout: soon\ningress.pomerium.io/idle_timeout: -3s"))
    wait_for("rejected", lambda: ask(live, "explain", "ingress", "shop/worse").returncode == 1)
    codes, fields = ["SLU1104", "SLU1706"], [f"metadata.annotations[ingress.pomerium.io/{name}]" for name in ("timeout", "idle_timeout")]
    said = explain(live, "shop/worse")[1]["publisher"]
    dumped = [p for p in json.loads(ask(live, "dump").stdout)["processes"] if p["room"] == "publisher"]
    for owner in [said] + [o for p in dumped for o in p["owners"] if o["name"] == "worse"]:
        assert [(d["severity"], d["code"], d["field"]) for d in owner["diagnostics"]] == [("error", c, f) for c, f in zip(codes, fields)]
        assert all(d["sentence"] in owner["rejected"] for d in owner["diagnostics"])
    printed = ask(live, "explain", "ingress", "shop/worse").stdout.splitlines()
    offline = subprocess.run([live.sluice, "translate", "-f", str(live.folder)], capture_output=True, text=True, timeout=60).stderr
    for line, item in zip((s for s in printed if "[SLU" in s), said["diagnostics"]):
        assert line.endswith(f"{item['sentence']} [{item['code']}]") and f"shop/worse: {item['sentence']} [{item['code']}]\n" in offline
    listed = [ask(live, "routes", "--rejected").stdout, subprocess.run([live.sluice, "routes", "--rejected", "-f", str(live.folder)], capture_output=True, text=True, timeout=60).stdout]
    assert all(said["rejected"] in text for text in listed), "a running pipeline and manifests say the same"


def test_explain_names_the_missing_service(live):
    write(live.folder / "alone.yaml", app("alone").split("---\n")[-1])
    wait_for(lambda: ask(live, "explain", "ingress", "shop/alone"), lambda: ask(live, "explain", "ingress", "shop/alone").returncode == 1)
    assert "Service shop/alone: absent" in ask(live, "explain", "ingress", "shop/alone").stdout
    write(live.folder / "alone.yaml", app("alone"))
    wait_for("it is whole", lambda: explain(live, "shop/alone")[0] == 0)


def test_explain_says_why_one_is_not_ours_and_what_is_unknown(live):
    done = ask(live, "explain", "ingress", "shop/foreign")
    assert done.returncode == 0 and "no: " in done.stdout and "nginx" in done.stdout
    assert ask(live, "explain", "ingress", "shop/nobody").returncode == 3
    assert ask(live, "explain", "ingress", "nobody").returncode == 2


def test_dump_has_everything_but_values_of_secrets(live):
    done = ask(live, "dump")
    rooms = {p["room"]: p for p in json.loads(done.stdout)["processes"]}
    names = {o["name"] for o in rooms["publisher"]["owners"]}
    assert {"app-0", "app-1", "app-2", "headers", "broken"} <= names
    assert {"app-0", "app-0-1", "pomerium"} <= {o["key"]["name"] for o in rooms["resolver"]["objects"]}
    assert "hidden" in done.stdout
    for value in (SECRET, "nobody may ever see this"):
        assert value not in done.stdout


def test_a_redacted_dump_names_nobody(live):
    done = ask(live, "dump", "--redact")
    plain, redacted = json.loads(ask(live, "dump").stdout), json.loads(done.stdout)
    for name in ("app-1", "example.com", "shop", "10.0.0.2", "hidden"):
        assert name not in done.stdout

    def same_shape(v, r):
        """Keys that a tenant chose are tokens too."""
        if isinstance(v, dict):
            return len(v) == len(r) and all((k == t or t.startswith("~")) and same_shape(v[k], r[t]) for k, t in zip(v, r))
        return len(v) == len(r) and all(map(same_shape, v, r)) if isinstance(v, list) else type(v) is type(r)
    assert same_shape(plain, redacted)


def test_top_shows_every_process(live):
    done = ask(live, "top", "--interval", "200ms")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sorted(line.split()[0] for line in lines[1:6]) == ["publisher", "resolver", "settings", "translator", "watcher"]
    assert [line.split()[0] for line in lines[1:6] if line.split()[0] != "settings"] == ["watcher", "resolver", "translator", "publisher"]
    assert all(line.split()[2] == "yes" for line in lines[1:6])
    assert "leader, routes" in done.stdout


def test_top_in_a_terminal_follows_a_frozen_process_and_ends_on_sigint(live):
    ours, theirs = pty.openpty()
    top = subprocess.Popen([live.sluice, "top", "--interval", "100ms", "--run-dir", str(live.run_dir)], stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)
    seen = ""
    while seen.count("\033[H\033[J") < 4:
        seen += os.read(ours, 65536).decode()
    assert "publisher" in seen
    top.send_signal(signal.SIGINT)
    assert top.wait(5) == 0
    os.close(ours)


def test_processes_that_were_killed_are_not_asked(live):
    live.kill("translator")
    wait_for(lambda: ask(live, "top", "--once", "--interval", "100ms").stdout,
             lambda: ask(live, "top", "--once", "--interval", "100ms").stdout.count("yes") == 5)


def test_a_large_dump_comes_in_pieces_while_the_pipeline_works(sluice, tmp_path):
    folder = tmp_path / "in"
    write(folder / "class.yaml", CLASS)
    write(folder / "apps.yaml", "---\n".join(app(f"app-{i}", f"10.{i // 62500}.{i // 250 % 250}.{i % 250 + 1}") for i in range(2000)))
    with Pipeline(sluice, tmp_path, folder) as p:
        p.settled(30)
        dump = subprocess.Popen([p.sluice, "dump", "--run-dir", str(p.run_dir)], stdout=subprocess.PIPE, bufsize=0)
        head = dump.stdout.read(1000)  # and no more: it has to wait for us, the pipeline has not
        write(folder / "more.yaml", app("more"))
        p.settled(10)
        text, _ = dump.communicate(timeout=60)
        rooms = {x["room"]: x for x in json.loads(head + text)["processes"]}
        assert len(rooms["resolver"]["owners"]) >= 2000 and len(rooms["publisher"]["owners"]) >= 2000
        assert len({o["name"] for o in rooms["publisher"]["owners"]}) == len(rooms["publisher"]["owners"])


def test_nobody_there_is_said(sluice, tmp_path):
    for verb in (["dump"], ["top"], ["explain", "ingress", "a/b"]):
        done = subprocess.run([sluice, *verb, "--run-dir", str(tmp_path)], capture_output=True, text=True, timeout=20)
        assert done.returncode == 3 and "no pipeline runs" in done.stderr


def test_explain_says_plainly_what_is_served(sluice, tmp_path):
    folder = tmp_path / "in"
    fill(folder, 2)
    certificate(tmp_path, "*.example.com")
    write(folder / "tls.yaml", tls_secret(tmp_path, "wild"))
    write(folder / "app-0.yaml", app("app-0", more="  tls: [{hosts: [app-0.example.com], secretName: wild}]\n"))
    write(folder / "rival.yaml", app("a-rival", host="app-0.example.com", annotations="ingress.pomerium.io/ring_hash_lb_config: '{}'"))
    with Pipeline(sluice, tmp_path, folder) as p:
        p.settled()

        def said(name):
            return ask(p, "explain", "ingress", name).stdout
        assert "  now         serving its newest state since 20" in said("shop/app-0")
        assert said("app-0") == said("shop/app-0"), "it is the only one of this name"
        assert 'no Ingress is called "app-9"' in ask(p, "explain", "ingress", "app-9").stderr
        assert "  certificate app-0.example.com: shop/wild until 20" in said("shop/app-0")
        assert "conflicts   https://app-0.example.com /, with shop/a-rival; served is that of shop/a-rival" in said("shop/app-0")
        assert "conflicts   https://app-0.example.com /, with shop/app-0; served is that of shop/a-rival" in said("shop/a-rival")
        assert "warnings    annotation ingress.pomerium.io/ring_hash_lb_config" in said("shop/a-rival") and "warnings" not in said("shop/app-0")
        write(folder / "app-1.yaml", app("app-1", annotations=BROKEN))
        wait_for(lambda: said("shop/app-1"), lambda: "now         serving the last good routes of 20" in said("shop/app-1"))
        write(folder / "new.yaml", app("new", annotations=BROKEN))
        wait_for(lambda: said("shop/new"), lambda: "now         rejected, and nothing of it was ever served" in said("shop/new"))
        write(folder / "app-0.yaml", app("app-0").replace("ingressClassName: pomerium", "ingressClassName: elsewhere"))
        wait_for(lambda: said("shop/app-0"), lambda: "now         removed at 20" in said("shop/app-0"))
        assert "because IngressClass elsewhere not found" in said("shop/app-0")
        (folder / "rival.yaml").unlink()
        wait_for("it is gone", lambda: "it was removed at 20" in ask(p, "explain", "ingress", "shop/a-rival").stderr)
        assert "did you mean shop/app-1?" in ask(p, "explain", "ingress", "shop/ap-1").stderr
