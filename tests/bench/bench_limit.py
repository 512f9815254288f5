#!/usr/bin/env python3
"""What the largest Ingress that is allowed costs, searched in each direction: `make bench`. Prints, judges nothing.

usage: bench_limit.py [N [TITLE...]]     default 5 edits for each shape
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
BUILD = HERE.parent.parent / os.environ.get("BUILD", "build")
SLUICE = str(BUILD / "sluice")
sys.path.insert(0, str(HERE.parent / "lib"))
from databroker import Databroker, Up  # noqa: E402
from hostile import ingress, many_headers, policy, put, secret, service, slices  # noqa: E402
from pipeline import Pipeline, fill, wait_for  # noqa: E402

ROOMS = ["resolver", "translator", "publisher"]


def paths(edit, n, annotations=None, **more):
    return [service("x"), ingress("x", edit, n, annotations or {}, **more)]


def to_endpoints(edit, n, n_endpoints):
    return [*slices("x", n_endpoints), *paths(edit, n)]


def hosts(edit, n):
    one = ingress("x", edit, 1, {})
    rule = one["spec"]["rules"][0]
    one["spec"]["rules"] = [{**rule, "host": f"{i}.{'long-name.' * 5}example.com"} for i in range(n)]
    return [service("x"), one]


# What grows, as documents of an edit and a number, and the number from which on it does not fit into an object of Kubernetes.
DIRECTIONS = {
    "paths": (paths, 10000),
    "hosts": (hosts, 9000),
    "bytes of each of 8 000 paths": (lambda e, n: paths(e, 8000, path="/{}/" + "p" * n), 120),
    "paths x 100 endpoints": (lambda e, n: to_endpoints(e, n, 100), 10000),
    "paths x 1 000 endpoints": (lambda e, n: to_endpoints(e, n, 1000), 10000),
    "endpoints of one path": (lambda e, n: to_endpoints(e, 1, n), 65536),
    "headers of one path": (lambda e, n: paths(e, 1, many_headers(n)), 30000),
    "headers x 100 paths": (lambda e, n: paths(e, 100, many_headers(n)), 30000),
    "headers x 1 000 paths": (lambda e, n: paths(e, 1000, many_headers(n)), 30000),
    "headers x 5 000 paths": (lambda e, n: paths(e, 5000, many_headers(n)), 30000),
    "people in the policy of one path": (lambda e, n: paths(e, 1, policy(n)), 6000),
    "paths x a policy of 2 000 people": (lambda e, n: paths(e, n, policy(2000)), 10000),
    "paths x 16 KB of a Secret": (lambda e, n: [secret("big", 16000), *paths(e, n, {"set_request_headers_secret": "big"})], 10000),
    "regular expressions": (lambda e, n: paths(e, n, {"path_regex": "true"}, path="/{}/[a-z]+", kind="ImplementationSpecific"), 10000),
    "paths x a rewrite by one": (lambda e, n: paths(e, n, {"regex_rewrite_pattern": "/(a+)/(b+)", "regex_rewrite_substitution": "/\\2/\\1"}), 10000),
}


def is_taken(folder, make, n):
    put(folder, "large.yaml", make(0, n))
    return subprocess.run([SLUICE, "translate", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def largest(folder, make, most):
    """The largest number that is taken."""
    good, bad = 0, most + 1
    while bad - good > max(1, good // 200):
        middle = most if bad == most + 1 and good == 0 else (good + bad) // 2
        if is_taken(folder, make, middle):
            good = middle
        else:
            bad = middle
    return good


def cpu_ns(pids):
    return sum(int(task.read_text().split()[0]) for pid in pids for task in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"))


def edits_ms(p, folder, make, n, n_edits):
    """CPU of each room for one edit: the median."""
    took = {room: [] for room in ROOMS}
    for edit in range(n_edits + 1):
        before, n_published = {room: cpu_ns(p.children(room)) for room in ROOMS}, p.log().count("published")
        put(folder, "large.yaml", make(edit, n))
        wait_for(lambda: p.log()[-3000:], lambda: p.log().count("published") > n_published, 120)
        time.sleep(0.3)
        for room in ROOMS if edit else []:  # the first one makes all routes new
            took[room].append((cpu_ns(p.children(room)) - before[room]) / 1e6)
    return {room: statistics.median(values) for room, values in took.items()}


def one(tmp, title, make, most, n_edits):
    tmp.mkdir()
    folder = tmp / "in"
    fill(folder, 1)
    n = largest(folder, make, most)
    put(folder, "large.yaml", [service("x")])
    (tmp / "file").mkdir()
    with Pipeline(SLUICE, tmp / "file", folder) as p:
        p.settled(20)
        ms = edits_ms(p, folder, make, n, n_edits)
    put(folder, "large.yaml", [service("x")])
    with Databroker(tmp / "databroker") as databroker, Up(SLUICE, tmp / "up", folder, databroker, "--publish-interval", "1ms") as p:
        wait_for(p.log, lambda: "published" in p.log(), 20)
        stored = edits_ms(p, folder, make, n, n_edits)["publisher"]
    print(f"N={n}: {title}: CPU of the resolver {ms['resolver']:.0f} ms, the translator {ms['translator']:.0f} ms, the publisher {ms['publisher']:.0f} ms "
          f"into a file, {stored:.0f} ms into a databroker", flush=True)
    return max(ms["translator"], ms["publisher"], stored)


def main():
    n_edits = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        took = {title: one(pathlib.Path(name) / str(i), title, *DIRECTIONS[title], n_edits) for i, title in enumerate(sys.argv[2:] or DIRECTIONS)}
    worst = max(took, key=took.get)
    print(f"largest Ingress that is taken: worst of {len(took)} shapes {took[worst]:.0f} ms of CPU in one process, {worst}")


if __name__ == "__main__":
    main()
