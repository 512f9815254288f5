#!/usr/bin/env python3
"""Figures of the pipeline on a real API server: `make bench`. Prints, judges nothing.

usage: bench_cluster.py [N...]     default 100, 1000 and 10000 Ingresses of load.py, and 1000 with a Secret each

After a first start an Event is sent for each Ingress, 20 in a second: what is measured of a pipeline that runs waits until they are through.
"""
import base64
import datetime
import http.client
import itertools
import json
import os
import pathlib
import re
import signal
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).parent
BUILD = HERE.parent.parent / os.environ.get("BUILD", "build")
sys.path.insert(0, str(HERE.parent / "lib"))
import web  # noqa: E402
from cluster import DUMPED, KINDS, TOKEN, Cluster, ClusterPipeline  # noqa: E402
from pipeline import read, wait_for  # noqa: E402

CHANGES = 100
IDLE_S = 60
EVENTS_S = 600
ROOMS = ("watcher", "resolver", "translator", "publisher")


# ---- what curl needs for the same ----

class Curl:
    """Seconds that curl needs: as a shell loop, one process a page; and of these the answers alone, without process and handshake."""

    def __init__(self, cluster):
        self.cluster, self.wall, self.lean, self.n_secrets = cluster, 0.0, 0.0, 0
        for plural in DUMPED:
            self.page_through(plural)
        self.get_secrets()

    def get(self, urls, *args):
        config = "".join(f'url = "https://127.0.0.1:{self.cluster.port}{u}"\noutput = "-"\n' for u in urls)
        begin = time.monotonic()
        done = subprocess.run(["curl", "-sk", "-K", "-", "-H", f"Authorization: Bearer {TOKEN}", *args, "-w", "%{stderr}%{time_total} %{time_appconnect}\n"],
                              input=config.encode(), capture_output=True, check=True)
        self.wall += time.monotonic() - begin
        self.lean += sum(float(a) - float(b) for a, b in (line.split() for line in done.stderr.decode().splitlines()))
        return done.stdout

    def page_through(self, plural):
        """All pages; Secrets as metadata, as the watcher reads them."""
        more, accept = "", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" if plural == "secrets" else "application/json"
        while True:
            body = self.get([f"{KINDS[plural][0]}/{plural}?limit=500&continue={more}"], "-H", f"Accept: {accept}")
            more = body.startswith(b"{") and json.loads(body).get("metadata", {}).get("continue", "")
            if not more:  # "404 page not found": the kind is not installed
                return

    def get_secrets(self):
        """Each Secret that an Ingress refers to, one after the other, over one connection."""
        _, ingresses = self.cluster.call("GET", "/apis/networking.k8s.io/v1/ingresses")
        names = sorted({(i["metadata"]["namespace"], t["secretName"]) for i in ingresses["items"] for t in i["spec"].get("tls", ()) if t.get("secretName")})
        self.n_secrets = len(names)
        self.get([f"/api/v1/namespaces/{ns}/secrets/{name}" for ns, name in names])


# ---- what the pipeline needs ----

def stat_seconds(pid):
    """CPU of the process, ended threads included; in steps of 10 ms."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def thread_seconds(pid):
    """CPU of the threads that live now: not of the one that writes the file, which is a new one each time."""
    return sum(int(p.read_text().split()[0]) for p in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def cpu_of_rooms(pipeline, clock):
    return {room: sum(clock(pid) for pid in pipeline.children(room)) for room in ROOMS}


def less(after, before):
    return {key: after[key] - before[key] for key in after}


def figures(pipeline, room):
    return web.metrics(web.socket_file(pipeline.run_dir, room))


def api_requests(pipeline):
    """How many each room has made."""
    return {room: int(sum(n for series, n in figures(pipeline, room).items() if series.startswith(f"sluice_{room}_api_requests_total{{")))
            for room in ("watcher", "publisher")}


def wait_for_events(pipeline):
    """All is published, and told to Kubernetes."""
    begin = time.monotonic()

    def queued():
        time.sleep(0.2)
        return figures(pipeline, "publisher")["sluice_publisher_events_queued"]
    wait_for(lambda: f"{queued()} Events wait", lambda: queued() == 0, EVENTS_S)
    told = figures(pipeline, "publisher")
    print(f"  {told['sluice_publisher_events_sent_total']:.0f} Events sent, {told['sluice_publisher_events_dropped_total']:.0f} not, "
          f"waited {time.monotonic() - begin:.0f} s for them", flush=True)


class Writer:
    """Changes Ingresses over one connection; `answered` is CLOCK_BOOTTIME, as the publisher's log."""

    def __init__(self, cluster):
        self.connection = http.client.HTTPSConnection("127.0.0.1", cluster.port, context=ssl._create_unverified_context())

    def patch(self, i, timeout):
        body = json.dumps({"metadata": {"annotations": {"ingress.pomerium.io/timeout": f"{timeout}s"}}})
        self.connection.request("PATCH", f"/apis/networking.k8s.io/v1/namespaces/bench-{i // 50}/ingresses/app-{i}", body,
                                {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/merge-patch+json"})
        answer = self.connection.getresponse()
        answered = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        assert answer.status == 200, answer.read()
        answer.read()
        return answered


def planned(pipeline):
    return [int(ns) for n, ns in re.findall(r"msg=planned changes=(\d+) at_ns=(\d+)", pipeline.log()) if n != "0"]


def published(pipeline):
    return pipeline.log().count("msg=published")


stamps = itertools.count(31)


def bench_changes(pipeline, cluster, n):
    """(milliseconds from answer to plan, CPU seconds a change, with the writing of the file)."""
    writer, delays = Writer(cluster), []
    for pid in pipeline.children("publisher"):
        os.kill(pid, signal.SIGUSR1)  # debug level: it says when a plan is ready
    time.sleep(1)
    before = sum(cpu_of_rooms(pipeline, stat_seconds).values())
    for k in range(CHANGES):
        n_planned, n_published = len(planned(pipeline)), published(pipeline)
        answered = writer.patch((k * 7919) % n, next(stamps))
        wait_for("the change is published", lambda: len(planned(pipeline)) > n_planned and published(pipeline) > n_published, 60)
        delays.append(max(0, planned(pipeline)[n_planned] - answered) / 1e6)
    after = sum(cpu_of_rooms(pipeline, stat_seconds).values())
    for pid in pipeline.children("publisher"):
        os.kill(pid, signal.SIGUSR2)
    return sorted(delays), (after - before) / CHANGES


def bench_idle(pipeline, label):
    watchers = pipeline.children("watcher")
    for pid in watchers:
        os.kill(pid, signal.SIGUSR1)  # debug level: it names its requests and lists
    asked, at = api_requests(pipeline), len(pipeline.log())
    begin, before = time.monotonic(), cpu_of_rooms(pipeline, thread_seconds)
    time.sleep(IDLE_S)
    each, took = less(cpu_of_rooms(pipeline, thread_seconds), before), time.monotonic() - begin
    asked, log = less(api_requests(pipeline), asked), pipeline.log()[at:]
    for pid in watchers:
        os.kill(pid, signal.SIGUSR2)
    paths = sorted(set(re.findall(r"room=watcher msg=request n=\d+ method=\S+ path=(\S+)", log)))
    print(f"N={label}: idle for {took:.0f} s: {sum(each.values()) / took * 100:.2f} % of a core ("
          + ", ".join(f"{room} {s / took * 100:.2f}" for room, s in each.items())
          + f"); API requests that ended: watcher {asked['watcher']}, publisher {asked['publisher']}; begun by the watcher: {paths}; {log.count('msg=listed')} relists", flush=True)


def seconds_at(pipeline, message, begin):
    """When the first line with that message was logged, in seconds after `begin` (wall clock)."""
    found = re.search(rf"ts=(\S+)Z level=\w+ room=\w+ msg={message}", pipeline.log())
    return datetime.datetime.fromisoformat(found[1] + "+00:00").timestamp() - begin


def bench(cluster, tmp, n, label, idle):
    curl = Curl(cluster)
    folder = tmp / f"up-{label}"
    folder.mkdir()
    begin = time.time()
    with ClusterPipeline(str(BUILD / "sluice"), folder, cluster, workers=2) as p:
        wait_for(lambda: p.log()[-3000:], lambda: p.out.exists(), 300)
        first = time.time() - begin
        world, arrived = seconds_at(p, '"announcing the inventory"', begin), seconds_at(p, '"everybody has arrived"', begin)
        routes = len(json.loads(read(p.out))["routes"])
        memory = {room: p.memory_mb(room) for room in ROOMS}
        print(f"N={label}: from the start to all objects read {world:.2f} s, all translated {arrived:.2f} s, first complete file {first:.2f} s ({routes} routes); "
              f"curl for the same pages and {curl.n_secrets} Secrets {curl.wall:.2f} s (x{first / curl.wall:.2f}), "
              f"without processes and handshakes {curl.lean:.2f} s (x{first / curl.lean:.2f})")
        print(f"N={label}: Pss watcher + resolver {memory['watcher'] + memory['resolver']:.0f} MB ("
              + ", ".join(f"{room} {mb:.0f}" for room, mb in memory.items()) + ")", flush=True)
        result = None
        if n:
            wait_for_events(p)
            delays, total = bench_changes(p, cluster, n)
            print(f"N={label}: one change, from the API server's answer to the plan: median {statistics.median(delays):.1f} ms, "
                  f"p99 {delays[int(len(delays) * .99) - 1]:.1f} ms, most {delays[-1]:.1f} ms; CPU of all processes {total * 1000:.1f} ms a change, the file's writing too", flush=True)
            result = first, total
        if idle:
            wait_for_events(p)
            bench_idle(p, label)
    asked = re.findall(r'msg="asked the API server" (.*)', p.log())
    print(f"N={label}: API server asked: {asked[-1] if asked else 'unknown'}", flush=True)
    return result


# ---- a Secret for each Ingress ----

def load_with_secrets(cluster, n, tmp):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", tmp / "k", "-out", tmp / "c",
                    "-days", "3650", "-subj", "/CN=b", "-addext", "subjectAltName=DNS:*.each.example"], check=True, capture_output=True)
    cert, key = [base64.b64encode((tmp / x).read_bytes()).decode() for x in "ck"]

    def work(start):
        for i in range(start, n, 4):
            meta = {"name": f"app-{i}", "namespace": "each"}
            cluster.apply({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": meta, "data": {"tls.crt": cert, "tls.key": key}})
            cluster.apply({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": [{"name": "http", "port": 80, "targetPort": 8080}]}})
            backend = {"service": {"name": f"app-{i}", "port": {"number": 80}}}
            cluster.apply({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta, "spec": {
                "ingressClassName": "pomerium", "tls": [{"hosts": [f"app-{i}.each.example"], "secretName": f"app-{i}"}],
                "rules": [{"host": f"app-{i}.each.example", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]}})
    cluster.call("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "each"}})
    cluster.apply({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "pomerium"}, "spec": {"controller": "pomerium.io/ingress-controller"}})
    threads = [threading.Thread(target=work, args=(s,)) for s in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def main():
    sizes = [int(a) for a in sys.argv[1:]] or [100, 1000, 10000]
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        tmp = pathlib.Path(name)
        results, loaded = [], 0
        with Cluster(tmp / "cluster") as cluster:
            cluster.install_crds()
            for n in sizes:
                subprocess.run([sys.executable, HERE / "load.py", str(cluster.port), TOKEN, str(n - loaded), "--start", str(loaded)], check=True)
                loaded = n
                results.append(bench(cluster, tmp, n, str(n), n == sizes[-1]))
        with Cluster(tmp / "secrets") as cluster:
            cluster.install_crds()
            load_with_secrets(cluster, 1000, tmp)
            bench(cluster, tmp, 0, "1000-with-a-Secret-each", False)
    (first0, total0), (first1, total1) = results[0], results[-1]
    print(f"growth from N={sizes[0]} to N={sizes[-1]} (x{sizes[-1] / sizes[0]:.0f}): first file x{first1 / first0:.1f}; CPU of one change x{total1 / total0:.2f}, "
          "since the file is rewritten as a whole: bench_databroker.py has the growth of a change without that")


if __name__ == "__main__":
    main()
