"""A databroker on loopback: Pomerium's service on grpc-go (tests/fakes/databroker), built once into the user's cache."""
import base64
import functools
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import urllib.error
import urllib.request

from cluster import go
from pipeline import Pipeline, free_port, translate, wait_for

ROOT = pathlib.Path(__file__).parent.parent.parent
SOURCE = ROOT / "tests/fakes/databroker"


@functools.cache
def binary():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "sluice-test-servers"
    cache.mkdir(parents=True, exist_ok=True)
    subprocess.run([go(), "build", "-trimpath", "-o", str(cache) + "/databroker", "."], cwd=SOURCE, check=True, timeout=600)
    return cache / "databroker"


def new_secret():
    return base64.b64encode(secrets.token_bytes(32)).decode()


class Databroker:
    """May be stopped and started again on the same port; it keeps nothing over that."""

    def __init__(self, tmp, *args, secret=None, tls=None):
        self.tmp, self.secret, self.tls = pathlib.Path(tmp), secret or new_secret(), tls
        self.tmp.mkdir(parents=True, exist_ok=True)
        self.port, self.control, self.log_path = free_port(), free_port(), self.tmp / "writes.jsonl"
        self.args = [str(a) for a in args] + (["--cert", str(tls[0]), "--key", str(tls[1])] if tls else [])
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        log = open(self.tmp / "databroker.log", "ab")
        self.process = subprocess.Popen([binary(), "--schema", ROOT / "common/pb/wire-schema.tsv", "--secret", self.secret, "--port", str(self.port),
                                         "--control", str(self.control), "--log", self.log_path, *self.args], stdout=log, stderr=log)
        wait_for(lambda: (self.tmp / "databroker.log").read_text(), self.is_up, 10)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def is_up(self):
        try:
            return bool(self.dump())
        except (OSError, urllib.error.URLError):
            return False

    def call(self, path, body=b""):
        request = urllib.request.Request(f"http://127.0.0.1:{self.control}{path}", data=body, method="GET" if body is None else "POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    # ---- switches ----

    def fault(self, mode, method="", count=1, **more):
        self.call("/fault", json.dumps({"Mode": mode, "Method": method, "Count": count, **{k.title(): v for k, v in more.items()}}).encode())

    def fault_left(self):
        """Calls that the fault is still to hit."""
        return json.loads(self.call("/fault", None))["Count"]

    def wipe(self):
        self.call("/wipe")

    def drop(self):
        self.call("/drop")

    def halfclose(self):
        self.call("/halfclose")

    def store(self, record, config, kind="Config"):
        """As somebody else would; None deletes, bytes are stored as they are."""
        raw = isinstance(config, bytes)
        body = config if raw else b"" if config is None else json.dumps(config).encode()
        self.call(f"/record?id={record}&type={kind}" + ("&raw=1" if raw else ""), body)

    # ---- what is there ----

    def dump(self):
        return json.loads(self.call("/records", None))

    def leader(self):
        return self.dump()["leader"]

    def records(self):
        """{id: Config} of those that are not deleted, and no records of other types."""
        return {r["id"]: r["config"] for r in self.dump()["records"] if not r["deleted"] and r["config"] is not None}

    def tombstones(self):
        return {r["id"] for r in self.dump()["records"] if r["deleted"]}

    def history(self):
        """The log: put (who, leader, records, deleted), acquire, release, start, wipe; each with its time in ms."""
        if not self.log_path.exists():
            return []
        return [json.loads(line) for line in self.log_path.read_text().splitlines()]

    def writes(self, op="put"):
        return [e for e in self.history() if e["op"] == op]

    def written(self, since=0):
        """Ids in the order in which they were written or deleted, from that write on."""
        return [r for e in self.writes()[since:] for r in e.get("records", []) + e.get("deleted", [])]

    def merged(self):
        return merge(self.records().values())

    def settled(self, want, seconds=10.0, log=lambda: ""):
        """Waits until all records together are that configuration."""
        def explain():
            got = self.merged()
            return f"the databroker has {[r['id'] for r in got['routes']]}, wanted {[r['id'] for r in want['routes']]}\n{json.dumps(got['settings'])[:300]}\n{log()[-3000:]}"
        wait_for(explain, lambda: self.merged() == want, seconds)


def merge(configs):
    """One configuration, in an order that does not hang on who said it."""
    routes, settings, certificates = [], {}, []
    for config in configs:
        routes += config.get("routes", [])
        part = dict(config.get("settings", {}))
        certificates += part.pop("certificates", [])
        settings |= part
    return {"routes": sorted(routes, key=lambda r: (r["from"], r.get("id", ""))), "settings": settings,
            "certificates": sorted(certificates, key=lambda c: (c["cert_bytes"], c["key_bytes"]))}


def wanted(sluice, folder):
    return merge([json.loads(translate(sluice, folder)[1])])


class Up(Pipeline):
    """`sluice up` into a databroker, from a folder or a cluster; the secret goes through the environment."""

    def __init__(self, sluice, tmp, folder, databroker, *args, secret=None, url=None, env=None, cluster=None, kubeconfig=None):
        tmp.mkdir(exist_ok=True)
        super().__init__(sluice, tmp, folder, env={**(env or {}), "SHARED_SECRET": secret or databroker.secret})
        self.databroker, self.cluster = databroker, cluster
        source = ["--kubeconfig", str(kubeconfig or cluster.base_rights), "--report"] if cluster else ["-f", str(folder)]
        self.args = [sluice, "up", *source, "--databroker-service-url", url or databroker.url, "--run-dir", str(self.run_dir), *args]

    def stored(self, seconds=10.0):
        """Waits until the databroker has what the offline command makes of the folder, or of what the cluster holds."""
        if self.cluster:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.cluster.dump(self.folder)
        self.databroker.settled(wanted(self.sluice, self.folder), seconds, self.log)

    def leads(self):
        """How often its publisher acquired the lease."""
        return self.log().count("lease acquired")
