"""Real pipelines for the flow tests: start, watch, kill, cut, compare."""
import base64
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import threading
import time


def wait_for(what, condition, seconds=10.0):
    """Waits for a state with a deadline; returns what the condition returned."""
    end = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        assert time.monotonic() < end, f"not within {seconds} s: {what() if callable(what) else what}"
        time.sleep(0.01)


def translate(sluice, *files, args=()):
    """What the offline command makes of the files: (status, bytes, sentences)."""
    command = [sluice, "translate", "--format", "json", *args]
    for f in files:
        command += ["-f", str(f)]
    done = subprocess.run(command, capture_output=True, timeout=120, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


def read(path):
    try:
        return pathlib.Path(path).read_bytes()
    except FileNotFoundError:
        return None


def is_for_settings(pid):
    """Whether it is the translator that has the Pomerium object and nothing else."""
    try:
        return b"--settings" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


class Pipeline:
    """`sluice up` on a folder. Its log is kept in self.log_path."""

    def __init__(self, sluice, tmp, folder, *args, workers=1, env=None, out="out.json"):
        self.sluice, self.folder, self.out = sluice, folder, tmp / out
        self.run_dir, self.log_path = tmp / "run", tmp / "log"
        self.args = [sluice, "up", "-f", str(folder), "--out", str(self.out), "--format", "json", "--workers", str(workers),
                     "--run-dir", str(self.run_dir), *args]
        self.env = {**os.environ, **(env or {})}

    def __enter__(self):
        self.log_file = open(self.log_path, "ab")
        self.process = subprocess.Popen(self.args, stdout=self.log_file, stderr=self.log_file, stdin=subprocess.DEVNULL, env=self.env)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.status = self.process.wait(20)
        finally:
            self.process.kill()
            self.log_file.close()

    def log(self):
        return self.log_path.read_text(errors="replace")

    def children(self, room=None):
        """Process ids of the running rooms, by asking the kernel whose children they are."""
        found = []
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
                name = pathlib.Path(os.readlink(stat.parent / "exe")).name
            except OSError:
                continue
            if int(fields[1]) != self.process.pid or fields[0] == "Z" or not name.startswith("sluice-"):
                continue
            name = "settings" if is_for_settings(stat.parent.name) else name[7:]
            if room in (None, name):
                found.append(int(stat.parent.name))
        return found

    def kill(self, room, sig=signal.SIGKILL):
        """One process of that room; False if none was running."""
        for pid in self.children(room):
            try:
                os.kill(pid, sig)
                return True
            except ProcessLookupError:  # the one before was hit, and has just ended
                continue
        return False

    def settled(self, seconds=10.0, *files):
        """Waits until the file holds what the offline command makes of the folder."""
        _, want, _ = translate(self.sluice, *(files or [self.folder]))
        wait_for(lambda: f"{self.out} is not what `sluice translate` prints; log:\n{self.log()[-4000:]}",
                 lambda: read(self.out) == want, seconds)
        return want


class Replay(Pipeline):
    """`sluice replay` of a recording."""

    def __init__(self, sluice, tmp, recording, *args):
        tmp.mkdir(exist_ok=True)
        super().__init__(sluice, tmp, tmp, *args)
        i = self.args.index("-f")
        self.args[1:i + 2] = ["replay", str(recording)]

    def played(self, seconds=30.0):
        wait_for(lambda: f"the recording has not ended:\n{self.log()[-4000:]}", lambda: "the recording has ended" in self.log(), seconds)
        return self


class Rooms:
    """The four rooms by hand, over ipc in a run folder: nobody starts them again. `args`: more flags for a room, `settings` for the
    translator of the Pomerium object, which is not among the processes."""

    def __init__(self, build, tmp, folder, workers, **args):
        self.build, self.args = build, args
        self.out, self.log_path, self.run_dir = tmp / "out.json", tmp / "log", tmp / "run"
        self.run_dir.mkdir()
        self.log_file = open(self.log_path, "ab")
        self.processes = []
        self.start("publisher", "--out", str(self.out), "--format", "json")
        self.start("resolver")
        self.start("watcher", "--file", str(folder))
        for _ in range(workers):
            self.start("translator")
        self.settings = self.popen("translator", "--settings", *args.get("settings", args.get("translator", [])))

    def popen(self, room, *args, under=()):
        command = [*under, str(self.build / f"sluice-{room}"), "--run-dir", str(self.run_dir), *args]
        return subprocess.Popen(command, stdout=self.log_file, stderr=self.log_file, stdin=subprocess.DEVNULL)

    def start(self, room, *args, under=()):
        self.processes.append(self.popen(room, *args, *self.args.get(room, []), under=under))
        return self.processes[-1]

    def end(self, process, sig=signal.SIGTERM):
        """Ends one; what SIGTERM ends says 0."""
        self.processes.remove(process)
        process.send_signal(sig)
        assert process.wait(10) == (0 if sig == signal.SIGTERM else -sig)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        processes = [*self.processes, self.settings]
        for process in processes:
            process.send_signal(signal.SIGKILL if failure[0] else signal.SIGTERM)
        statuses = [process.wait(10) for process in processes]
        self.log_file.close()
        assert failure[0] or not any(statuses), statuses

    def log(self):
        return self.log_path.read_text(errors="replace")

    def settled(self, sluice, folder, seconds=10.0):
        """Waits until the file holds what the offline command makes of the folder."""
        _, want, _ = translate(sluice, folder)
        wait_for(lambda: f"{self.out} is not what `sluice translate` prints; log:\n{self.log()[-4000:]}", lambda: read(self.out) == want, seconds)


class Reader(threading.Thread):
    """Reads the file in a loop and notes whenever it is partial or misses a host that must always be there."""

    def __init__(self, path, hosts):
        super().__init__(daemon=True)
        self.path, self.hosts, self.faults, self.reads, self.stopping = path, hosts, [], 0, threading.Event()

    def run(self):
        while not self.stopping.is_set():
            text = read(self.path)
            if text is None:
                self.faults.append("the file is gone")
                continue
            self.reads += 1
            try:
                served = {r["from"] for r in json.loads(text).get("routes", [])}
            except ValueError:
                self.faults.append(f"partial: {text[-80:]!r}")
                continue
            missing = self.hosts - served
            if missing:
                self.faults.append(f"missing {sorted(missing)[:3]}")
            self.stopping.wait(0.003)

    def stop(self):
        self.stopping.set()
        self.join()
        assert self.reads > 0
        assert not self.faults, f"{len(self.faults)} of {self.reads} reads: {self.faults[:5]}"


class Cutter:
    """A TCP proxy whose connections can be cut at any moment."""

    def __init__(self, target_port):
        self.target, self.pairs, self.lock = target_port, set(), threading.Lock()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            try:
                upstream = socket.create_connection(("127.0.0.1", self.target), 2)
            except OSError:
                client.close()
                continue
            with self.lock:
                self.pairs.add((client, upstream))
            for a, b in ((client, upstream), (upstream, client)):
                threading.Thread(target=self._pump, args=(a, b), daemon=True).start()

    def _pump(self, a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        with self.lock:
            pairs, self.pairs = self.pairs, set()
        for pair in pairs:
            for s in pair:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                    s.close()
                except OSError:
                    pass

    def close(self):
        self.server.close()
        self.cut()


GIVEN = set()


def free_port():
    """A port below those that the kernel hands out by itself, so that nobody takes it before its server starts; none twice."""
    while True:
        port = random.randrange(20000, 32000)
        if port in GIVEN:
            continue
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        GIVEN.add(port)
        return port


# ---- manifests ----

CLASS = """apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: pomerium}
spec: {controller: pomerium.io/ingress-controller}
"""


def app(name, address="10.0.0.1", annotations="", host=None, paths=("/",), namespace="shop", more=""):
    """An Ingress with its Service and EndpointSlice."""
    lines = "".join(f"    {line}\n" for line in annotations.strip().split("\n") if line)
    rules = "".join(f"      - {{path: {p}, pathType: Prefix, backend: {{service: {{name: {name}, port: {{number: 80}}}}}}}}\n" for p in paths)
    return f"""apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{ports: [{{name: http, port: 80, targetPort: 8080}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}-1, namespace: {namespace}, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
endpoints: [{{addresses: [{address}], conditions: {{ready: true}}}}]
ports: [{{name: http, port: 8080, protocol: TCP}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {name}
  namespace: {namespace}
  annotations:
    ingress.pomerium.io/pass_identity_headers: "true"
{lines}spec:
  ingressClassName: pomerium
{more}  rules:
  - host: {host or name + '.example.com'}
    http:
      paths:
{rules}"""


def write(path, text):
    """Beside, then renamed: as careful editors do."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + "~")
    beside.write_text(text)
    beside.rename(path)


def fill(folder, n, start=0):
    write(folder / "class.yaml", CLASS)
    for i in range(start, start + n):
        write(folder / f"app-{i}.yaml", app(f"app-{i}", f"10.0.{i // 250}.{i % 250 + 1}"))


def certificate(tmp, *names):
    """tmp/tls.crt and tmp/tls.key, self-signed."""
    alt = ",".join(f"DNS:{n}" for n in names)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=test",
                    "-addext", f"subjectAltName={alt}", "-keyout", tmp / "tls.key", "-out", tmp / "tls.crt"], check=True, capture_output=True)
    return tmp / "tls.crt", tmp / "tls.key"


def tls_secret(tmp, name, namespace="shop"):
    data = {k: base64.b64encode((tmp / k).read_bytes()).decode() for k in ("tls.crt", "tls.key")}
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": name, "namespace": namespace}, "data": data})


class Edits:
    """A seeded stream of edits, good and broken ones; `mend` leaves every file good at the end."""

    BROKEN = ["{", "a: [1\n", "kind: Ingress\napiVersion: networking.k8s.io/v1\nmetadata: 7\n", "\x00", "a: b: c\n"]

    def __init__(self, folder, n, seed):
        self.folder, self.n, self.random = folder, n, random.Random(seed)

    def step(self):
        i = self.random.randrange(self.n)
        path = self.folder / f"app-{i}.yaml"
        if self.random.random() < 0.2:
            write(path, self.random.choice(self.BROKEN))
            return
        policy = f'ingress.pomerium.io/policy: \'[{{"allow":{{"and":[{{"email":{{"is":"u{self.random.randrange(10**6)}@example.com"}}}}]}}}}]\''
        write(path, app(f"app-{i}", f"10.9.{self.random.randrange(250)}.{self.random.randrange(250) + 1}", policy))

    def mend(self):
        for i in range(self.n):
            write(self.folder / f"app-{i}.yaml", app(f"app-{i}", f"10.7.{self.random.randrange(250)}.{i % 250 + 1}"))


def rejected_owners(log):
    """Owners that the publisher said were rejected."""
    return set(re.findall(r'msg="?rejected"? .*?owner=(\S+)', log))
