#!/usr/bin/env python3
"""Figures of HTTPRoutes on one Gateway, into a databroker: `make bench`. Prints, judges nothing.

usage: bench_gateway.py [N...]     default 100 and 5000 HTTPRoutes
"""
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "lib"), str(HERE.parent / "cluster"), str(HERE)]
from bench_cluster import BUILD, ROOMS, cpu_of_rooms, thread_seconds  # noqa: E402
from databroker import Databroker, Up  # noqa: E402
from fake_api import FakeApi  # noqa: E402
from pipeline import wait_for  # noqa: E402
from test_gateway import CLASS, FILTER, SERVICE  # noqa: E402
from test_gateway_scale import HTTP, http_route, patches  # noqa: E402

CHANGES = 100


def bench(tmp, n):
    """CPU seconds of one change."""
    tmp.mkdir()
    with FakeApi(tmp) as api, Databroker(tmp) as d:
        for text in (CLASS, HTTP, FILTER, SERVICE):
            api.apply_yaml(text)
        for i in range(n):
            api.apply(http_route(i))
        begin = time.monotonic()
        with Up(str(BUILD / "sluice"), tmp / "up", tmp / "in", d, cluster=api) as p:
            wait_for(p.log, lambda: len(d.written()) >= n, 300)
            stored = time.monotonic() - begin
            wait_for(p.log, lambda: len(patches(api, "httproutes")) == n, 300)
            told = time.monotonic() - begin
            time.sleep(6)  # the Gateway is told how many they are
            records, before = len(d.written()), cpu_of_rooms(p, thread_seconds)
            for k in range(CHANGES):
                changed = http_route((k * 7919) % n, f"/{k}")
                changed["metadata"]["generation"] = 2 + k
                api.apply(changed)
                wait_for(p.log, lambda: len(patches(api, "httproutes")) == n + k + 1 and len(d.written()) == records + k + 1)
            after = cpu_of_rooms(p, thread_seconds)
            each = {room: (after[room] - before[room]) / CHANGES for room in ROOMS}
    total = sum(each.values())
    print(f"N={n}: all stored {stored:.2f} s after the start, all told after {told:.2f} s; one change: {total * 1000:.2f} ms of CPU ("
          + ", ".join(f"{room} {s * 1000:.2f}" for room, s in each.items()) + "), one record, one write of status", flush=True)
    return total


def main():
    sizes = [int(a) for a in sys.argv[1:]] or [100, 5000]
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        totals = [bench(pathlib.Path(name) / str(n), n) for n in sizes]
    print(f"growth of one change from N={sizes[0]} to N={sizes[-1]}: CPU x{totals[-1] / totals[0]:.2f}")


if __name__ == "__main__":
    main()
