#!/usr/bin/env python3
"""How long an innocent edit waits beside one hostile Ingress, or thousands: `make bench`. Prints, judges nothing.

usage: bench_hostile.py [N]     default 50 innocent edits for each shape
"""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).parent
BUILD = HERE.parent.parent / os.environ.get("BUILD", "build")
sys.path.insert(0, str(HERE.parent / "lib"))
from hostile import SHAPES, ingress, put, service, slices  # noqa: E402
from pipeline import Pipeline, app, fill, read, wait_for, write  # noqa: E402

MEMORY_MIB = 700  # of a translator's address space, by prlimit
CROWD = [500, 5000]


def cpu_s(pids):
    fields = [pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in pids]
    return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")


def innocent_ms(p, folder, k):
    """From the write of one file until its address is in the output."""
    address = f"10.77.{k // 250}.{k % 250 + 1}"
    begin = time.monotonic()
    write(folder / "app-0.yaml", app("app-0", address))
    wait_for("the innocent edit", lambda: f'{address}:'.encode() in (read(p.out) or b""), 60)
    return (time.monotonic() - begin) * 1000


class Edits(threading.Thread):
    """`edit(i)`, once a second, until stopped."""

    def __init__(self, edit):
        super().__init__(daemon=True)
        self.edit, self.stopping = edit, threading.Event()

    def run(self):
        i = 0
        while not self.stopping.is_set():
            self.edit(i)
            i += 1
            self.stopping.wait(1)

    def stop(self):
        self.stopping.set()
        self.join()


def beside(tmp, title, edit, n):
    """Innocent edits while another namespace is edited every second; then the CPU of the ten seconds after the last edit."""
    tmp.mkdir()
    folder = tmp / "in"
    fill(folder, 20)
    with Pipeline(str(BUILD / "sluice"), tmp, folder, workers=2) as p:
        p.settled(20)
        for pid in p.children("translator"):
            subprocess.run(["prlimit", f"--pid={pid}", f"--as={MEMORY_MIB << 20}"], check=True)
        edits = Edits(lambda i: edit(folder, i))
        edits.start()
        time.sleep(2)
        took = sorted(innocent_ms(p, folder, k) for k in range(n))
        edits.stop()
        time.sleep(2)
        before = cpu_s(p.children())
        time.sleep(10)
        calm = (cpu_s(p.children()) - before) * 10
        restarts = p.log().count("starting it again")
    print(f"N={n}: {title}: innocent edit until it is in the file: median {statistics.median(took):.0f} ms, worst {took[-1]:.0f} ms; "
          f"{calm:.1f} % of a core afterwards; {restarts} restarts", flush=True)
    return statistics.median(took)


def crowd(n):
    """n Ingresses of one namespace, each over the limit, ten of them edited every second."""
    def edit(folder, i):
        if i == 0:
            put(folder, "x.yaml", [service("x"), *slices("x", 1000)])
            for k in range(n):
                put(folder, f"crowd-{k}.yaml", [ingress(f"c{k}", 0, 200, {})])
        for k in range(10):
            put(folder, f"crowd-{(10 * i + k) % n}.yaml", [ingress(f"c{(10 * i + k) % n}", i, 200, {})])
    return edit


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        tmp = pathlib.Path(name)
        quiet = beside(tmp / "quiet", "nobody else", lambda folder, i: None, n)
        for shape, (make, _, _) in SHAPES.items():
            took = beside(tmp / shape.replace(" ", "-"), shape, lambda folder, i, make=make: put(folder, "hostile.yaml", make(i)), n)
            print(f"growth: {took / quiet:.1f} times as long as beside nobody", flush=True)
        medians = [beside(tmp / f"crowd-{size}", f"{size} of one namespace over the limit", crowd(size), n) for size in CROWD]
        print(f"growth: {CROWD[1] // CROWD[0]} times as many, {medians[1] / medians[0]:.1f} times as long", flush=True)


if __name__ == "__main__":
    main()
