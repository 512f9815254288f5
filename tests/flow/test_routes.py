"""sluice routes: the routes of manifests and of a running pipeline, for a person and for a program."""
import json
import os
import pty
import signal
import struct
import fcntl
import subprocess
import termios

import pytest
import yaml
from pipeline import CLASS, Pipeline, app, fill, wait_for, write

PUBLIC = "ingress.pomerium.io/allow_public_unauthenticated_access: 'true'"
ANY_USER = "ingress.pomerium.io/allow_any_authenticated_user: 'true'"
POLICY = 'ingress.pomerium.io/policy: \'[{"allow":{"and":[{"domain":{"is":"example.com"}}]}}]\''
BROKEN = "ingress.pomerium.io/policy: 'not a policy'"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "in"
    write(made / "class.yaml", CLASS)
    write(made / "a.yaml", app("a", annotations=PUBLIC, paths=("/", "/api")))
    write(made / "b.yaml", app("b", annotations=ANY_USER, namespace="blog"))
    write(made / "c.yaml", app("c", annotations=POLICY))
    write(made / "d.yaml", app("d"))
    return made


def run(sluice, *args, env=None):
    return subprocess.run([sluice, "routes", *map(str, args)], capture_output=True, text=True, timeout=60, env={**os.environ, **(env or {})})


def rows(text):
    """A table as a list of lists: cells stand two blanks apart."""
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in text.splitlines()]


def test_a_person_reads_host_path_destination_access_and_state(sluice, folder):
    done = run(sluice, folder)
    assert (done.returncode, done.stderr) == (0, "")
    table = rows(done.stdout)
    assert table[0] == ["INGRESS", "HOST", "PATH", "TO", "ACCESS", "STATE"]
    assert [row[:3] + row[4:] for row in table[1:]] == [
        ["shop/a", "a.example.com", "/api", "public", "served"], ["shop/a", "a.example.com", "/", "public", "served"],
        ["blog/b", "b.example.com", "/", "any user", "served"], ["shop/c", "c.example.com", "/", "policy", "served"], ["shop/d", "d.example.com", "/", "nobody", "served"]]
    assert all(row[3].startswith("http://10.") for row in table[1:])


def test_what_has_no_route_stands_below_and_is_explained(sluice, folder):
    write(folder / "bad.yaml", app("bad", annotations=BROKEN))
    write(folder / "foreign.yaml", app("foreign").replace("ingressClassName: pomerium", "ingressClassName: nginx"))
    done = run(sluice, folder)
    assert done.returncode == 1
    assert [row[0] + " " + row[-1] for row in rows(done.stdout)[-2:]] == ["shop/bad rejected", "shop/foreign ignored"]
    done = run(sluice, folder, "--rejected")
    assert done.returncode == 1 and len(done.stdout.splitlines()) == 2
    assert "shop/bad" in done.stdout and "policy" in done.stdout.splitlines()[1]
    assert run(sluice, folder, "--rejected", "-n", "blog").returncode == 0


def test_filters(sluice, folder):
    assert [r[0] for r in rows(run(sluice, folder, "-n", "blog").stdout)[1:]] == ["blog/b"]
    assert [r[0] for r in rows(run(sluice, folder, "--host", "a.example.com").stdout)[1:]] == ["shop/a", "shop/a"]


def test_programs_read_json_and_yaml(sluice, folder):
    doc = json.loads(run(sluice, folder, "-o", "json").stdout)
    assert doc == yaml.safe_load(run(sluice, folder, "-o", "yaml").stdout)
    first = doc["routes"][0]
    assert (first["namespace"], first["name"], first["host"], first["prefix"], first["access"], first["state"]) == ("shop", "a", "a.example.com", "/api", "public", "served")
    assert doc["without_routes"] == []


def test_an_application_repository_needs_no_class_and_no_service(sluice, tmp_path):
    write(tmp_path / "alone.yaml", app("alone").split("---\n")[-1].replace("ingressClassName: pomerium", "ingressClassName: elsewhere"))
    done = run(sluice, tmp_path / "alone.yaml", "--class", "elsewhere", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["routes"][0]["to"] == ["http://alone.shop.svc.cluster.local:80"]


def test_wrong_usage_and_unreadable_input(sluice, folder, tmp_path):
    assert run(sluice, folder, "-o", "xml").returncode == 2
    assert run(sluice, tmp_path / "nothing").returncode == 3
    assert run(sluice, "--run-dir", tmp_path).returncode == 3


def in_terminal(sluice, columns, *args, env=None):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
    done = subprocess.run([sluice, "routes", *map(str, args)], stdout=theirs, stderr=subprocess.DEVNULL, stdin=theirs, timeout=60, env={**clean, "TERM": "xterm", **(env or {})})
    os.close(theirs)
    text = b""
    try:
        while chunk := os.read(ours, 65536):
            text += chunk
    except OSError:
        pass
    os.close(ours)
    return done.returncode, text.decode().replace("\r\n", "\n")


def test_a_table_fits_the_terminal(sluice, folder):
    write(folder / "long.yaml", app("a-service-with-a-rather-long-name", host="a-service-with-a-rather-long-name.department.example.com", paths=("/a/very/long/path/below/which/it/serves",)))
    for columns in (80, 120):
        _, text = in_terminal(sluice, columns, folder, env={"NO_COLOR": "1"})
        assert max(map(len, text.splitlines())) == columns and ".." in text and "\033" not in text
        assert "  TO " not in text.splitlines()[0], "the others fill the line"
    assert "  TO " in in_terminal(sluice, 180, folder, env={"NO_COLOR": "1"})[1].splitlines()[0]
    assert ".." not in in_terminal(sluice, 80, folder, "-o", "wide", env={"NO_COLOR": "1"})[1]


def test_colours_are_for_terminals_that_want_them(sluice, folder):
    write(folder / "bad.yaml", app("bad", annotations=BROKEN))
    assert "\033[31mrejected" in in_terminal(sluice, 200, folder)[1]
    assert "\033" not in in_terminal(sluice, 200, folder, env={"NO_COLOR": "1"})[1]
    assert "\033" not in run(sluice, folder).stdout


def test_nothing_printed_that_a_terminal_obeys(sluice, folder):
    write(folder / "esc.yaml", app("esc", paths=('"/x\\e[2J"',)))
    assert "\033" not in run(sluice, folder).stdout


def test_a_pipeline_has_the_same_and_knows_its_last_good(sluice, tmp_path):
    folder = tmp_path / "in"
    fill(folder, 3)
    write(folder / "foreign.yaml", app("foreign").replace("ingressClassName: pomerium", "ingressClassName: nginx"))
    with Pipeline(sluice, tmp_path, folder) as p:
        p.settled()
        here = ("--run-dir", str(p.run_dir))
        assert run(sluice, *here).stdout == run(sluice, folder).stdout
        write(folder / "app-1.yaml", app("app-1", annotations=BROKEN))
        write(folder / "new.yaml", app("new", annotations=BROKEN))
        wait_for(lambda: run(sluice, *here).stdout, lambda: run(sluice, *here).stdout.count("rejected") == 1)
        doc = json.loads(run(sluice, *here, "-o", "json").stdout)
        states = {r["name"]: r["state"] for r in doc["routes"] + doc["without_routes"]}
        assert states == {"app-0": "served", "app-1": "last good", "app-2": "served", "foreign": "ignored", "new": "rejected"}
        done = run(sluice, *here, "--rejected")
        assert done.returncode == 1 and done.stdout.count("\nshop/") == 2 and "shop/app-1" in done.stdout and "shop/foreign" not in done.stdout


def test_watch_prints_again_what_has_changed(sluice, folder):
    watching = subprocess.Popen([sluice, "routes", "-w", "--interval", "100ms", str(folder)], stdout=subprocess.PIPE, text=True)
    first = [watching.stdout.readline() for _ in range(6)]
    assert "shop/d" in first[5]
    write(folder / "e.yaml", app("e"))
    second = [watching.stdout.readline() for _ in range(7)]
    assert second[:6] == first and "shop/e" in second[6]
    watching.send_signal(signal.SIGTERM)
    watching.wait(5)


def test_up_prints_the_same_table(sluice, folder, tmp_path):
    done = subprocess.run([sluice, "up", "-f", str(folder), "--out", str(tmp_path / "out"), "--once", "--table"], capture_output=True, text=True, timeout=60)
    assert run(sluice, folder).stdout + "5 routes" in done.stdout
