"""Beside a real Pomerium, the program that POMERIUM_BIN names: `sluice up --pomerium` as a whole proxy."""
import http.server
import os
import pathlib
import signal
import subprocess
import threading

import pytest
import yaml
from examples import blocks
from pipeline import CLASS, Pipeline, app, certificate, free_port, tls_secret, wait_for, write
from bootstrap import POMERIUM, secret
from web import ask

ROOT = pathlib.Path(__file__).parent.parent.parent
PROGRAM = os.environ.get("POMERIUM_BIN", "")
pytestmark = pytest.mark.skipif(not PROGRAM, reason="POMERIUM_BIN names no Pomerium")
PUBLIC = 'ingress.pomerium.io/allow_public_unauthenticated_access: "true"'
HOST = "app.example.com"
SIGN_IN = """  authenticate: {url: "https://auth.example.com"}
  identityProvider: {provider: oidc, url: "https://idp.example.com", secret: pomerium/idp}
---
apiVersion: v1
kind: Secret
metadata: {name: idp, namespace: pomerium}
stringData: {client_id: c, client_secret: s}
"""


class Proxy(Pipeline):
    def __init__(self, sluice, tmp, folder, *args, verb="up"):
        super().__init__(sluice, tmp, folder, env={name: str(tmp) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")})
        self.https, self.redirect, self.grpc, self.metrics, self.probes = (free_port() for _ in range(5))
        at = lambda port: f"127.0.0.1:{port}"
        self.args = [sluice, verb, "-f", str(folder), "--run-dir", str(self.run_dir), "--pomerium", PROGRAM, "--server-addr", at(self.https),
                     "--http-redirect-addr", at(self.redirect), "--grpc-addr", at(self.grpc), *args]
        if verb == "all-in-one":
            self.args += ["--metrics-bind-address", at(self.metrics), "--health-probe-bind-address", at(self.probes)]

    def get(self, host=HOST, path="/"):
        """Head and body of what a browser gets."""
        command = ["curl", "-sk", "-m", "5", "-D", "-", "--resolve", f"{host}:{self.https}:127.0.0.1", f"https://{host}:{self.https}{path}"]
        return subprocess.run(command, capture_output=True, text=True).stdout

    def pomerium(self):
        """The process id of its Pomerium."""
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                name, rest = stat.read_text().rsplit(")", 1)
                if int(rest.split()[1]) == self.process.pid and "pomerium" in name:
                    return int(stat.parent.name)
            except OSError:
                continue
        return None

    def envoys(self):
        """Of a folder of ours."""
        found = []
        for environ in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                if b"envoy" in (environ.parent / "comm").read_bytes() and str(self.run_dir.parent).encode() in environ.read_bytes():
                    found.append(int(environ.parent.name))
            except OSError:
                continue
        return found


@pytest.fixture(scope="module")
def upstream():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = f"upstream {self.path}".encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


@pytest.fixture
def folder(tmp_path, upstream):
    write(tmp_path / "in/class.yaml", CLASS)
    write(tmp_path / "in/pomerium.yaml", POMERIUM + "  codecType: http3\n")
    write(tmp_path / "in/secret.yaml", secret())
    certificate(tmp_path, HOST)
    write(tmp_path / "in/tls.json", tls_secret(tmp_path, "t"))
    write(tmp_path / "in/app.yaml", served("app", upstream, more=f"  tls: [{{hosts: [{HOST}], secretName: t}}]\n"))
    return tmp_path / "in"


def served(name, port, **more):
    return app(name, "127.0.0.1", PUBLIC, **more).replace("targetPort: 8080", f"targetPort: {port}").replace("port: 8080", f"port: {port}")


@pytest.mark.parametrize("verb", ["up", "all-in-one"])
def test_a_whole_proxy(sluice, tmp_path, folder, upstream, verb):
    with Proxy(sluice, tmp_path, folder, verb=verb) as p:
        wait_for(lambda: p.log()[-3000:], lambda: "upstream /x" in p.get(path="/x"), 60)
        assert 'alt-svc: h3=":443"' in p.get().lower()
        write(folder / "more.yaml", served("more", upstream))
        wait_for(lambda: p.log()[-3000:], lambda: "upstream" in p.get("more.example.com"), 20)
        if verb == "all-in-one":
            wait_for("ready", lambda: ask(p.probes, "/readyz")[0] == 200, 20)
            text = ask(p.metrics, "/metrics", timeout=10)[2]
            assert "\nenvoy_server_live" in text and '\nsluice_publisher_routes{room="publisher"} 2\n' in text
            checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
            ours = [line for line in (checked.stdout + checked.stderr).splitlines() if "sluice" in line or "parse" in line]
            assert not ours, "what is wrong with Pomerium's own names is its affair"
        p.process.send_signal(signal.SIGTERM)
        assert p.process.wait(45) == 0
        assert not p.envoys()


def test_killed_it_is_there_again_within_a_second(sluice, tmp_path, folder):
    with Proxy(sluice, tmp_path, folder) as p:
        wait_for(lambda: p.log()[-3000:], lambda: "upstream" in p.get(), 60)
        first = p.pomerium()
        os.kill(first, signal.SIGKILL)
        wait_for("another one", lambda: p.pomerium() not in (None, first), 1.0)
        wait_for(lambda: p.log()[-3000:], lambda: "upstream" in p.get(), 30)
        assert len(p.envoys()) == 1, "nothing of the first is left"
    assert p.status == 0 and not p.envoys()


def test_the_page_behind_it(sluice, tmp_path, folder):
    """The Ingress of docs/web.md as it stands keeps strangers out; with everybody in its policy, the page comes, and goes on saying what happens."""
    page = free_port()
    text = blocks((ROOT / "docs/web.md").read_text(), "yaml")[-1]
    host = yaml.safe_load(text)["spec"]["rules"][0]["host"]
    service = (ROOT / "deploy/components/web/service.yaml").read_text()
    endpoint = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "ports": [{"name": "http", "port": page}],
                "metadata": {"name": "sluice-web-1", "namespace": "pomerium", "labels": {"kubernetes.io/service-name": "sluice-web"}},
                "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": True}}]}
    write(folder / "web.yaml", "---\n".join([service, yaml.safe_dump(endpoint), text]))
    write(folder / "pomerium.yaml", POMERIUM + SIGN_IN)
    with Proxy(sluice, tmp_path, folder, "--web-bind-address", f"127.0.0.1:{page}") as p:
        wait_for(lambda: p.log()[-3000:], lambda: "upstream" in p.get(), 60)
        wait_for(lambda: p.get(host), lambda: "location: https://auth.example.com/" in p.get(host), 20)
        write(folder / "web.yaml", "---\n".join([service, yaml.safe_dump(endpoint), text.replace("email:\n              is: operator@example.com", "accept: true")]))
        said = wait_for(lambda: p.get(host), lambda: "Routes · Sluice" in (got := p.get(host)) and got, 20)
        assert "content-security-policy: default-src 'self'" in said.lower()
        assert '"shop"' in p.get(host, "/routes") or "app" in p.get(host, "/routes")
        events = subprocess.run(["curl", "-skN", "-m", "3", "--resolve", f"{host}:{p.https}:127.0.0.1", f"https://{host}:{p.https}/events"], capture_output=True, text=True).stdout
        assert events.count("data:") > 1, "figures twice a second, not held back"
