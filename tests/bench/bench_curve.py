#!/usr/bin/env python3
"""Translators elsewhere, over tcp with CURVE, beside as many over ipc: `make bench`. Prints, judges nothing.

usage: bench_curve.py [N]     default 10000 Ingresses of gen_manifests.py
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
BUILD = HERE.parent.parent / os.environ.get("BUILD", "build")
sys.path.insert(0, str(HERE.parent / "lib"))
from curve import CurveRooms  # noqa: E402
from pipeline import Rooms, wait_for  # noqa: E402

WORKERS = [1, 2, 4]


def first_file(rooms, begin):
    wait_for("everybody has arrived", lambda: "everybody has arrived" in rooms.log(), 120)
    arrived = time.monotonic() - begin
    wait_for("the first file", rooms.out.exists, 120)
    return arrived, time.monotonic() - begin


def over_ipc(tmp, folder, n):
    begin = time.monotonic()
    with Rooms(BUILD, tmp, folder, n) as rooms:
        return first_file(rooms, begin)


def over_tcp(tmp, folder, n):
    begin = time.monotonic()
    with CurveRooms(BUILD, tmp, folder) as rooms:
        for _ in range(n):
            rooms.worker()
        return first_file(rooms, begin)


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        folder = pathlib.Path(name) / "in"
        subprocess.run([sys.executable, HERE / "gen_manifests.py", folder, str(size)], check=True)
        for n in WORKERS:
            for link, run in (("ipc", over_ipc), ("tcp with CURVE", over_tcp)):
                tmp = pathlib.Path(name) / f"{run.__name__}-{n}"
                tmp.mkdir()
                arrived, first = run(tmp, folder, n)
                print(f"N={size}, {os.cpu_count()} cores: translators={n} over {link}: everybody arrived {arrived:.2f} s, first file {first:.2f} s", flush=True)


if __name__ == "__main__":
    main()
