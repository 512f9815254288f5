#!/usr/bin/env python3
"""Figures from a real API server into a databroker on grpc-go: `make bench`. Prints, judges nothing.

usage: bench_databroker.py [N...]     default 100 and 10000 Ingresses of load.py
"""
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "lib"))
from bench import pss_mb  # noqa: E402
from bench_cluster import BUILD, CHANGES, HERE, ROOMS, TOKEN, Writer, cpu_of_rooms, less, stamps, thread_seconds, wait_for_events  # noqa: E402
from cluster import Cluster  # noqa: E402
from databroker import Databroker, Up  # noqa: E402
from pipeline import wait_for  # noqa: E402

PER_SECRET = 50  # Ingresses of load.py that share a certificate
BURST, BURST_WRITERS = 1000, 4
QUIET_S = 3


class Written:
    """What the databroker has noted since: (ms of the wall clock, ids) of each Put; read as it grows."""

    def __init__(self, databroker):
        self.path, self.at, self.puts = databroker.log_path, 0, []
        self.look()
        self.puts = []

    def look(self):
        if self.path.exists():
            with open(self.path, "rb") as f:
                f.seek(self.at)
                text = f.read()
            end = text.rfind(b"\n") + 1
            self.at += end
            entries = (json.loads(line) for line in text[:end].splitlines())
            self.puts += [(e["ms"], e.get("records", []) + e.get("deleted", [])) for e in entries if e["op"] == "put"]
        return self.puts

    def ids(self):
        return [id_ for _, ids in self.look() for id_ in ids]

    def wait(self, what, ids, seconds):
        """Milliseconds of the Put with the last of these ids."""
        wait_for(lambda: f"{what}: {len(set(self.ids()) & ids)} of {len(ids)}", lambda: ids <= set(self.ids()), seconds)
        left = set(ids)
        for ms, some in self.puts:
            left -= set(some)
            if not left:
                return ms


def record(i):
    return f"sluice/ingress/bench-{i // PER_SECRET}/app-{i}"


def all_records(n):
    return {record(i) for i in range(n)} | {f"sluice/cert/bench-{i // PER_SECRET}/tls" for i in range(n)}


def now_ms():
    return time.time() * 1000


def wall_ms(boottime_ns):
    return (boottime_ns + time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)) / 1e6


def idle_share(p):
    """Seconds of CPU a second while nothing changes: beats and leases."""
    begin, before = time.monotonic(), cpu_of_rooms(p, thread_seconds)
    time.sleep(QUIET_S)
    seconds = time.monotonic() - begin
    return {room: s / seconds for room, s in less(cpu_of_rooms(p, thread_seconds), before).items()}


def by_room(figures, scale, digits=1):
    return ", ".join(f"{room} {figures[room] * scale:.{digits}f}" for room in ROOMS)


def bench_start(p, databroker, written, n, begin):
    stored = written.wait("cold start", all_records(n), 300)
    p.stored(60)
    memory = {room: sum(pss_mb(pid) for pid in p.children(room)) for room in ROOMS}
    total = sum(memory.values()) + pss_mb(p.process.pid)
    print(f"N={n}: all stored {(stored - begin) / 1000:.2f} s after a cold start, {len(databroker.records())} records in {len(written.puts)} writes; "
          f"Pss {total:.0f} MB ({by_room(memory, 1, 0)})", flush=True)


def bench_restart(p, written, writer):
    """The write of a change ends it: what was written until then is all that was."""
    begin = time.monotonic()
    wait_for(lambda: p.log()[-3000:], lambda: "everybody has arrived" in p.log() and p.leads(), 120)
    ready = time.monotonic() - begin
    writer.patch(0, next(stamps))
    written.wait("change after a restart", {record(0)}, 60)
    others = written.ids()
    others.remove(record(0))
    return f"writes after a restart of all processes: {len(others)} {sorted(set(others))[:3]}, {ready:.1f} s until it leads again"


def bench_changes(p, databroker, writer, n):
    """CPU seconds a change, by room, without what is spent in quiet times."""
    delays, records, strangers = [], 0, 0
    wait_for_events(p)
    quiet = idle_share(p)
    begin, before = time.monotonic(), cpu_of_rooms(p, thread_seconds)
    for k in range(CHANGES):
        i, written = (k * 7919) % n, Written(databroker)
        answered = wall_ms(writer.patch(i, next(stamps)))
        delays.append(max(0, written.wait("one change", {record(i)}, 60) - answered))
        records += len(written.ids())
        strangers += sum(id_ != record(i) for id_ in written.ids())
    gross, seconds = less(cpu_of_rooms(p, thread_seconds), before), time.monotonic() - begin
    lean = {room: max(0, gross[room] - quiet[room] * seconds) / CHANGES for room in ROOMS}
    delays.sort()
    print(f"N={n}: one change, from the API server's answer to the databroker's log: median {statistics.median(delays):.1f} ms, "
          f"p99 {delays[int(len(delays) * .99) - 1]:.1f} ms, most {delays[-1]:.1f} ms; {records / CHANGES:.2f} records a change, {strangers} of other owners")
    print(f"N={n}: CPU of one change {sum(lean.values()) * 1000:.2f} ms ({by_room(lean, 1000, 2)}), with all that goes on beside it "
          f"{sum(gross.values()) / CHANGES * 1000:.2f} ms; in quiet times {sum(quiet.values()) * 100:.2f} % of a core", flush=True)
    return lean


def patch_many(cluster, size):
    """Milliseconds of the first request and of the last answer."""
    stamp, last, begin = next(stamps), [], now_ms()

    def work(start):
        writer = Writer(cluster)
        for i in range(start, size, BURST_WRITERS):
            answered = writer.patch(i, stamp)
        last.append(wall_ms(answered))
    threads = [threading.Thread(target=work, args=(s,)) for s in range(BURST_WRITERS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return begin, max(last)


def bench_burst(p, databroker, cluster, n):
    """Once as fast as the API server takes it, and once all of it at the same moment: the watcher sleeps until the last is there."""
    written, size = Written(databroker), min(BURST, n)
    ids = {record(i) for i in range(size)}
    begin, last = patch_many(cluster, size)
    stored = written.wait("burst", ids, 60)
    print(f"N={n}: a burst of {size} changes, which the API server took in {(last - begin) / 1000:.2f} s, stored {(stored - begin) / 1000:.2f} s after the first "
          f"request, {max(0, stored - last):.0f} ms after the last answer; {len(written.ids())} records in {len(written.puts)} writes", flush=True)
    written, (watcher,) = Written(databroker), p.children("watcher")
    os.kill(watcher, signal.SIGSTOP)
    patch_many(cluster, size)
    begin = now_ms()
    os.kill(watcher, signal.SIGCONT)
    stored = written.wait("burst at once", ids, 60)
    print(f"N={n}: {size} changes that the watcher hears of at one moment, stored {(stored - begin) / 1000:.2f} s after that; "
          f"{len(written.ids())} records in {len(written.puts)} writes", flush=True)


def bench_wipe(p, databroker, n):
    written, begin = Written(databroker), now_ms()
    databroker.wipe()
    stored = written.wait("repair", all_records(n), 60)
    print(f"N={n}: wiped, repaired after {(stored - begin) / 1000:.2f} s", flush=True)
    p.stored(60)


def bench(cluster, tmp, n):
    writer = Writer(cluster)

    def up(name):
        return Up(str(BUILD / "sluice"), tmp / f"{name}-{n}", tmp / f"dump-{name}-{n}", databroker, "--workers", "2", cluster=cluster)
    with Databroker(tmp / f"databroker-{n}") as databroker:
        written, begin = Written(databroker), now_ms()
        with up("cold") as p:
            bench_start(p, databroker, written, n, begin)
        written = Written(databroker)
        with up("again") as p:
            print(f"N={n}: {bench_restart(p, written, writer)}", flush=True)
            bench_wipe(p, databroker, n)  # before the changes: the Events of the start, which are many at a large N, go with the lease
            lean = bench_changes(p, databroker, writer, n)
            bench_burst(p, databroker, cluster, n)
            p.stored(60)
    return lean


def main():
    sizes = [int(a) for a in sys.argv[1:]] or [100, 10000]
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        tmp = pathlib.Path(name)
        results, loaded = [], 0
        with Cluster(tmp / "cluster") as cluster:
            cluster.install_crds()
            for n in sizes:
                subprocess.run([sys.executable, HERE / "load.py", str(cluster.port), TOKEN, str(n - loaded), "--start", str(loaded)], check=True)
                loaded = n
                results.append(bench(cluster, tmp, n))
    first, last = results[0], results[-1]
    print(f"growth from N={sizes[0]} to N={sizes[-1]} (x{sizes[-1] / sizes[0]:.0f}): CPU of one change x{sum(last.values()) / sum(first.values()):.2f} ("
          + ", ".join(f"{room} x{last[room] / max(first[room], 1e-6):.2f}" for room in ROOMS) + ")")


if __name__ == "__main__":
    main()
