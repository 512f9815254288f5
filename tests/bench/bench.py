#!/usr/bin/env python3
"""Figures with N, and their growth with N: `make bench`. Prints, judges nothing.

usage: bench.py [N...]     default 100 and 10000 Ingresses of gen_manifests.py
"""
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
BUILD = HERE.parent.parent / os.environ.get("BUILD", "build")
sys.path.insert(0, str(HERE.parent / "lib"))
from pipeline import Pipeline, read, wait_for, write  # noqa: E402

EDITS = 100
ASKED = 20


def pss_mb(pid):
    """Proportional set size in MB, and the name of the program."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"Pss: +(\d+)", text)[1]) / 1024


def edit(folder, i, round_):
    path = folder / f"app-{i}.yaml"
    text = re.sub(r"timeout: \d+s", f"timeout: {31 + round_}s", path.read_text())
    write(path, text)


def published(pipeline):
    """(plan microseconds, write milliseconds) of each publish so far."""
    return [(int(p), float(w)) for p, w in re.findall(r"msg=published .*?plan_us=(\d+) .*?write_ms=([\d.]+)", pipeline.log())]


def explained(pipeline, i):
    """How long `sluice explain URL` takes, in milliseconds, from its start to its end."""
    begin = time.monotonic()
    done = subprocess.run([BUILD / "sluice", "explain", f"https://app-{i}.bench.example/x", "--run-dir", pipeline.run_dir], capture_output=True, text=True, check=True)
    assert f"/app-{i}\n" in done.stdout
    return (time.monotonic() - begin) * 1000


def bench_pipeline(n, tmp):
    folder = tmp / f"in-{n}"
    subprocess.run([sys.executable, HERE / "gen_manifests.py", folder, str(n)], check=True)
    begin = time.monotonic()
    with Pipeline(str(BUILD / "sluice"), tmp, folder, workers=2, out=f"out-{n}.json") as p:
        wait_for("the first file", lambda: p.out.exists(), 120)
        first = time.monotonic() - begin
        memory = {room: sum(pss_mb(pid) for pid in p.children(room)) for room in ("watcher", "resolver", "translator", "publisher")}
        start = len(published(p))
        for k in range(EDITS):
            before = len(published(p))
            edit(folder, (k * 7919) % n, k)
            wait_for("the edit is published", lambda: len(published(p)) > before, 30)
        figures = published(p)[start:]
        asked = sorted(explained(p, (k * 7919) % n) for k in range(ASKED))
    plans, writes = sorted(f[0] / 1000 for f in figures), sorted(f[1] for f in figures)
    size = len(read(p.out)) / 1e6
    print(f"N={n}: first complete file {first:.2f} s, {size:.1f} MB; Pss {sum(memory.values()):.0f} MB ("
          + ", ".join(f"{room} {mb:.0f}" for room, mb in memory.items()) + ")")
    print(f"N={n}: one edit, inotify to finished plan: median {statistics.median(plans):.2f} ms, p99 {plans[int(len(plans) * .99) - 1]:.2f} ms; "
          f"rewriting the file {statistics.median(writes):.1f} ms (median of {len(plans)})")
    print(f"N={n}: explain URL of the running pipeline: median {statistics.median(asked):.0f} ms, best {asked[0]:.0f} ms, worst {asked[-1]:.0f} ms (of {len(asked)})")
    return first, statistics.median(plans), folder


def bench_lint(tmp, n=1000):
    folder, times = tmp / "lint", []
    subprocess.run([sys.executable, HERE / "gen_manifests.py", folder, str(n)], check=True)
    for _ in range(5):
        begin = time.monotonic()
        subprocess.run([BUILD / "sluice", "lint", folder], stdout=subprocess.DEVNULL, check=True)
        times.append(time.monotonic() - begin)
    print(f"N={n}: lint of a folder {min(times) * 1000:.0f} ms (best of {len(times)})")


def main():
    sizes = [int(a) for a in sys.argv[1:]] or [100, 10000]
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        tmp = pathlib.Path(name)
        results = []
        for n in sizes:
            first, plan, folder = bench_pipeline(n, tmp)
            done = subprocess.run([BUILD / "bench_translate", folder], capture_output=True, text=True)
            print(f"N={n}: one translator, no I/O: {done.stdout.strip()}")
            results.append((n, first, plan))
        bench_lint(tmp)
    (n0, first0, plan0), (n1, first1, plan1) = results[0], results[-1]
    print(f"growth from N={n0} to N={n1} (x{n1 / n0:.0f}): first file x{first1 / first0:.1f}, plan of one edit x{plan1 / plan0:.2f}")


if __name__ == "__main__":
    main()
