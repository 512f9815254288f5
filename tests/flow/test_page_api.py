"""`sluice web` over HTTP: what is answered to whom, and what a pipeline and a client may do to it."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess

import examples
import pytest
from databroker import Databroker, Up
from page import Page, page, pipeline  # two of them fixtures
from pipeline import CLASS, Pipeline, app, certificate, fill, free_port, tls_secret, translate, wait_for, write
from web import ask

ROOT = pathlib.Path(__file__).parent.parent.parent


def test_tables(page):
    said = page.json("/api/routes")
    by_name = {row["name"]: row for row in said["rows"]}
    assert said["matched"] == len(said["rows"]) == 6, list(by_name.values())[5:]
    assert said["owners"] == {"served": 4, "last good": 0, "rejected": 1, "ignored": 1}
    assert by_name["app-0"]["from"] == "https://app-0.example.com" and by_name["app-0"]["to"] == ["http://10.0.0.1:8080"]
    assert by_name["app-0"]["access"] == "nobody" and by_name["app-0"]["state"] == "served"
    assert by_name["bad"]["state"] == "rejected" and "policy" in by_name["bad"]["sentence"]
    assert by_name["other"]["state"] == "ignored" and "nginx" in by_name["other"]["sentence"]
    assert [row["name"] for row in page.json("/api/routes?q=APP-0+served")["rows"]] == ["app-0"]
    assert [row["name"] for row in page.json("/api/routes?state=rejected")["rows"]] == ["bad"]
    assert page.json("/api/routes?offset=6")["rows"] == []
    (conflict,) = page.json("/api/conflicts")["rows"]
    assert [owner["name"] for owner in conflict["owners"]] == ["app-1", "twin"]
    said = page.json("/api/url?url=https://app-1.example.com/x")
    assert said["route"]["name"] == "app-1" and [other["name"] for other in said["others"]] == ["twin"]
    assert "should be an https URL" in page.json("/api/url?url=ftp://x/")["error"]
    said = page.json("/api/explain?kind=Ingress&namespace=shop&name=bad")
    assert said["resolver"]["managed"] and "policy" in said["publisher"]["rejected"]


def test_who_may_ask_and_what(page):
    def status(host):
        with socket.create_connection(("127.0.0.1", page.port), 5) as s:
            s.sendall(f"GET /api/routes HTTP/1.1\r\n{'Host: ' + host if host is not None else 'X: y'}\r\n\r\n".encode())
            return s.makefile("rb").readline().split()[1]
    for host in ("localhost", f"localhost:{page.port}", f"127.0.0.1:{page.port}", "[::1]:80", "ROUTES.example.com"):
        assert status(host) == b"200", host
    for host in ("evil.example", "routes.example.com.evil.example", "127.0.0.1.evil.example:80", "localhost:80x", "", "[::1]x"):
        assert status(host) in (b"421", b"400"), host
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert ask(page.port, "/api/routes", method)[0] == 405
    _, headers, text = ask(page.port, "/")
    assert "default-src 'self'" in headers["Content-Security-Policy"] and "trusted-types 'none'" in headers["Content-Security-Policy"]
    assert not re.search(r'(src|href)="(?!page\.(js|css)"|#)', text)  # nothing is loaded from elsewhere
    assert ask(page.port, "/no/such")[0] == 404 and ask(page.port, "/api/routes?offset=-1")[0] == 400
    assert ask(page.port, "/api/explain?kind=Secret&namespace=x&name=y")[0] == 200  # both rooms say no


def test_loopback_unless_told(sluice):
    done = subprocess.run([sluice, "web", "--help"], capture_output=True, text=True)
    assert "127.0.0.1:8088" in done.stdout
    done = subprocess.run([sluice, "web", "--web-bind-address", "nowhere"], capture_output=True, text=True)
    assert done.returncode == 2 and "--web-bind-address" in done.stderr


def test_certificates_by_their_end(sluice, tmp_path):
    fill(tmp_path / "in", 0)
    certificate(tmp_path, "shop.example.com")
    write(tmp_path / "in/tls.json", tls_secret(tmp_path, "tls"))
    write(tmp_path / "in/web.yaml", app("web", host="shop.example.com", more="  tls: [{secretName: tls, hosts: [shop.example.com]}]\n"))
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p, Page(sluice, p.run_dir) as page:
        page.wait_for_rows(1)
        (cert,) = page.json("/api/certificates")["rows"]
        assert (cert["secret"], cert["names"], cert["published"]) == ("shop/tls", ["shop.example.com"], True)
        assert cert["not_after"] > "2026-" and "PRIVATE" not in str(page.json("/api/explain?kind=Ingress&namespace=shop&name=web"))


def test_what_the_guard_holds_back(sluice, tmp_path):
    folder = tmp_path / "in"
    fill(folder, 30)
    with Databroker(tmp_path / "databroker") as databroker:
        with Up(sluice, tmp_path / "a", folder, databroker, "--lease-duration", "2s") as p:
            p.stored(20)
            with Page(sluice, p.run_dir) as page:
                page.wait_for_rows(30)
                assert page.json("/api/held")["matched"] == 0
        for i in range(25):
            (folder / f"app-{i}.yaml").unlink()
        with Up(sluice, tmp_path / "b", folder, databroker) as p, Page(sluice, p.run_dir) as page:
            page.wait_for_rows(5)
            wait_for("the guard holds", lambda: page.json("/api/held")["matched"] == 25, 20)
            said = page.json("/api/held")
            assert said["routes"] == 25 and {"record": "sluice/ingress/shop/app-3", "routes": 1} in said["rows"]


def test_up_starts_it_and_starts_it_again(sluice, tmp_path):
    fill(tmp_path / "in", 1)
    port = free_port()
    with Pipeline(sluice, tmp_path, tmp_path / "in", "--web-bind-address", f"127.0.0.1:{port}", "--web-host", "a.example.com,b.example.com") as p:
        p.settled()
        wait_for("the page is there", lambda: ask(port, "/")[0] == 200)
        (pid,) = [int(line.split()[0]) for line in subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True).stdout.splitlines()
                  if line.split()[1] == str(p.process.pid) and " web " in line]
        assert "--web-host=b.example.com" in open(f"/proc/{pid}/cmdline").read()
        subprocess.run(["kill", "-9", str(pid)], check=True)
        wait_for("it is there again", lambda: "process ended, starting it again" in p.log() and ask(port, "/api/routes")[0] == 200)
    assert p.status == 0 and ask(port, "/", timeout=1)[0] == 0
    done = subprocess.run([sluice, "up", "-f", tmp_path / "in", "--out", tmp_path / "x", "--web-bind-address", "nowhere"], capture_output=True, text=True)
    assert done.returncode == 2 and "--web-bind-address" in done.stderr


def test_the_ingress_of_the_documentation(sluice, tmp_path, page):
    """It leads to the page, by a name that the page knows, and only some come in."""
    (ingress,) = examples.blocks((ROOT / "docs/web.md").read_text(), "yaml")
    write(tmp_path / "in/class.yaml", CLASS)
    write(tmp_path / "in/ingress.yaml", ingress)
    write(tmp_path / "in/service.yaml", (ROOT / "deploy/components/web/service.yaml").read_text().replace("targetPort: page", "targetPort: 8088") + """---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: sluice-web-1, namespace: pomerium, labels: {kubernetes.io/service-name: sluice-web}}
addressType: IPv4
endpoints: [{addresses: [10.1.2.3], conditions: {ready: true}}]
ports: [{name: http, port: 8088, protocol: TCP}]
""")
    status, text, said = translate(sluice, tmp_path / "in")
    assert status == 0, said
    (route,) = json.loads(text)["routes"]
    assert (route["from"], route["to"], route["timeout"]) == ("https://routes.example.com", ["http://10.1.2.3:8088"], "0s")
    assert "operator@example.com" in json.dumps(route["policies"])
    with socket.create_connection(("127.0.0.1", page.port), 5) as s:
        s.sendall(f"GET / HTTP/1.1\r\nHost: {route['host_rewrite']}\r\n\r\n".encode())
        assert s.makefile("rb").readline().split()[1] == b"200"


def test_no_pipeline_and_one_that_comes(sluice, tmp_path):
    fill(tmp_path / "in", 2)
    (tmp_path / "run").mkdir()
    with Page(sluice, tmp_path / "run") as page:
        status, _, body = ask(page.port, "/api/routes")
        assert status == 503 and "no pipeline runs" in body
        with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
            p.settled()
            page.wait_for_rows(2)
        wait_for("it is said that nobody is there", lambda: "no pipeline runs" in page.json("/api/routes").get("trouble", ""))
        assert page.json("/api/routes")["matched"] == 2, "what was known last"


def test_a_frozen_room_is_named_and_comes_back(sluice, tmp_path):
    fill(tmp_path / "in", 1)
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p, Page(sluice, p.run_dir) as page, socket.create_connection(("127.0.0.1", page.port), 5) as s:
        page.wait_for_rows(1)
        s.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        (publisher,) = p.children("publisher")
        os.kill(publisher, signal.SIGSTOP)
        try:
            fill(tmp_path / "in", 1, start=5)
            wait_for("it is named", lambda: "the publisher does not answer" in page.json("/api/routes").get("trouble", ""), 30)
        finally:
            os.kill(publisher, signal.SIGCONT)
        wait_for("it is there again", lambda: page.json("/api/routes").get("trouble") is None and page.json("/api/routes")["matched"] == 2, 30)


def test_clients_that_take_places(page):
    """Silent ones, and streams that nobody reads: who asks at once is answered, and nothing grows."""
    idle = [socket.create_connection(("127.0.0.1", page.port), 5) for _ in range(80)]
    streams = [socket.create_connection(("127.0.0.1", page.port), 5) for _ in range(80)]
    for s in streams:
        s.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for _ in range(5):
        wait_for("an answer", lambda: ask(page.port, "/api/routes", timeout=2)[0] == 200)
    fds = len(list(pathlib.Path(f"/proc/{page.process.pid}/fd").iterdir()))
    assert fds < 120
    for s in idle + streams:
        s.close()
    for hostile in (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100000 + b"\r\n\r\n", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n",
                    b"\x00\xff" * 5000, b"GET /api/routes?q=" + b"%00%ff" * 3000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", page.port), 5) as s:
            try:
                s.sendall(hostile)
                s.recv(100)
            except OSError:
                pass
    wait_for("an answer", lambda: ask(page.port, "/api/routes", timeout=2)[0] == 200)


def test_events(page):
    with socket.create_connection(("127.0.0.1", page.port), 5) as s:
        s.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        text = b""
        while text.count(b"event: figures") < 3:
            text += s.recv(65536)
    assert b"text/event-stream" in text and b'"room":"publisher"' in text and text.count(b'"room":"translator"') >= 2
