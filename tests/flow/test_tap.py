"""`sluice tap` shows every message of one edit on its way, and no secret."""
import base64
import json
import pathlib
import signal
import subprocess
import threading

import pytest
from pipeline import Pipeline, app, fill, read, wait_for, write


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A certificate and its key, of this run."""
    tmp = tmp_path_factory.mktemp("pair")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", tmp / "key",
                    "-out", tmp / "crt", "-days", "30", "-subj", "/CN=x", "-addext", "subjectAltName=DNS:app-0.example.com"], check=True, capture_output=True)
    return (tmp / "crt").read_text(), (tmp / "key").read_text()


def secret(name, kind, **data):
    values = "".join(f"  {k.replace('_', '.')}: {base64.b64encode(v.encode()).decode()}\n" for k, v in data.items())
    return f"apiVersion: v1\nkind: Secret\ntype: {kind}\nmetadata: {{name: {name}, namespace: shop}}\ndata:\n{values}"


class Tap:
    def __init__(self, sluice, run_dir, *args):
        self.process = subprocess.Popen([sluice, "tap", "--run-dir", str(run_dir), *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines = []
        threading.Thread(target=lambda: self.lines.extend(iter(self.process.stdout.readline, "")), daemon=True).start()

    def close(self):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(10) == 0


def test_every_message_of_one_edit_and_no_secret(sluice, tmp_path, pair):
    folder = tmp_path / "in"
    fill(folder, 3)
    canary, token = "CANARY0123456789", "CANARYTOKEN9876543210"
    cert, key = pair
    write(folder / "tls.yaml", secret("tls", "kubernetes.io/tls", tls_crt=cert, tls_key=key))
    write(folder / "headers.yaml", secret("headers", "Opaque", Authorization=canary))
    with_secrets = lambda value: app("app-0", "10.0.0.1", f"ingress.pomerium.io/set_request_headers_secret: headers\ningress.pomerium.io/description: d{value}",
                                     more="  tls: [{secretName: tls}]\n")
    write(folder / "app-0.yaml", with_secrets(0))
    with Pipeline(sluice, tmp_path, folder) as p:
        p.settled()
        assert canary.encode() in read(p.out)
        tap, person = Tap(sluice, p.run_dir, "--json"), Tap(sluice, p.run_dir, "shop/app-0")
        n = [0]

        def seen():
            n[0] += 1  # taps join late: edit until both ends were heard
            write(folder / "app-0.yaml", with_secrets(n[0]))
            write(folder / "headers.yaml", secret("headers", "Opaque", Authorization=token, More=f"x{n[0]}"))
            text = "".join(tap.lines)
            return all(t in text for t in ("OBJECT_PUT", "SECRET_VALUE", "BUNDLE", "CONFIG", "SECRET_PUT", "ACK"))
        wait_for(lambda: "".join(tap.lines)[-2000:], seen, 20)
        wait_for("the lines for a person", lambda: any("BUNDLE" in l and "shop/app-0" in l for l in person.lines), 20)
        p.settled()
        tap.close()
        person.close()
        everything = "".join(tap.lines) + "".join(person.lines) + p.log()
        for pid in p.children() + [p.process.pid]:
            everything += pathlib.Path(f"/proc/{pid}/cmdline").read_text() + pathlib.Path(f"/proc/{pid}/environ").read_text()
        assert token.encode() in read(p.out)
    for hidden in (canary, token, key.split("\n")[1], base64.b64encode(token.encode()).decode(), base64.b64encode(key.encode()).decode()[:40]):
        assert hidden not in everything
    for line in tap.lines:
        json.loads(line)


def test_no_core_dump_of_a_process_with_secrets(sluice, tmp_path):
    fill(tmp_path / "in", 1)
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        p.settled()
        for room in ("watcher", "resolver", "publisher"):
            (pid, *_) = p.children(room)
            limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
            core = next(l for l in limits.split("\n") if l.startswith("Max core file size"))
            assert core.split()[4] == "0", core
