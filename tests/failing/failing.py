#!/usr/bin/env python3
"""Lets one allocation or one call fail, of a verb that runs once or of a room that starts and then has something to do.

usage: failing.py [WHERE...]                           each path of calls that leads to one, of all or of these
       failing.py --points N [--seed N] [WHERE...]     N points whatever their path; 0: every one
       failing.py POINT...                             such as file/publisher/alloc/program/17 or, of a path, .../@1f00d

A verb ends with status 111 and a sentence, and has printed nothing that is half. A room does so too, and is started again without the fault as
`sluice up` does; or it goes on. In the end the databroker, or the file, holds what `sluice translate` makes of the cluster. The file is at no
time anything else than what was right before, or is right now.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import typing

ROOT = pathlib.Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/lib"), str(ROOT / "tests/sweep")]

from databroker import wanted  # noqa: E402
from pipeline import read, translate  # noqa: E402
from rooms import BUILD, ROOMS, Rooms  # noqa: E402
from scenarios import allow, ingress, pomerium, world  # noqa: E402
from sweep import difference  # noqa: E402
from world import Api, Sink, until  # noqa: E402

SLUICE, LIBRARY = str(BUILD / "sluice"), BUILD / "tests/failing/failing.so"
STATUS, DEADLINE_S, REST_S = 111, 20, 0.15
NEVER = 2**63 - 1
CALLS = {"write": "program", "pwrite": "program", "fsync": "program", "rename": "program", "renameat": "program", "connect": "lib"}
VERBS = {
    "translate": ["translate", "-f", "{folder}", "--format", "json"],
    "routes": ["routes", "-f", "{folder}"],
    "lint": ["lint", "{folder}"],
    "ppl": ["ppl", "{policy}"],
}


class Place(typing.NamedTuple):
    world: str  # verb, file or cluster
    who: str
    what: str
    of: str     # who asks: the program or a library

    def __str__(self):
        return "/".join(self)


class Count:
    """The file of failing.c's struct count: how many there were, whether one failed, and the paths."""
    NUMBERS = struct.Struct("QQ8192Q")

    def __init__(self, path):
        self.path = path

    def env(self, place, n):
        self.path.write_bytes(bytes(self.NUMBERS.size))
        return {"LD_PRELOAD": str(LIBRARY), "FAILING": f"{place.what}:{place.of}:{n}", "FAILING_COUNT": str(self.path)}

    def read(self):
        with open(self.path, "rb") as numbers:
            return struct.unpack("QQ", numbers.read(16))

    def paths(self):
        return {f"@{path:x}" for path in self.NUMBERS.unpack(self.path.read_bytes())[2:] if path}


class Straight:
    """No wire: the rooms find each other where they do by themselves."""

    def endpoints(self, *_):
        return []


class Failing(Rooms):
    """Rooms of which one may fail."""

    def begin(self, room, env):
        self.processes[room].kill()
        self.processes[room].wait()
        calm, self.env = self.env, self.env | env
        self.start(room)
        self.env = calm


class World:
    """A pipeline that stays: one room after the other fails in it."""

    def __init__(self, tmp, name):
        self.tmp, self.name, self.turn = tmp, name, 0
        self.count = Count(tmp / "count")

    def __enter__(self):
        self.api, self.sink = Api(self.tmp), Sink(self.tmp / "sink")
        self.folder, self.out = self.tmp / "folder", self.tmp / "out/pomerium.json"
        self.out.parent.mkdir()
        for thing in world():
            self.api.put(thing)
        self.api.__enter__()
        self.sink.__enter__()
        self.api.dump(self.folder)
        self.rooms = Failing(self.tmp, self.api, self.sink, Straight())
        if self.name == "file":
            self.rooms.args |= {"publisher": ["--out", str(self.out), "--format", "json"], "watcher": ["--file", str(self.folder)]}
        self.rooms.__enter__()
        self.want()
        self.settle()
        return self

    def __exit__(self, *_):
        self.rooms.__exit__()
        self.sink.__exit__()
        self.api.__exit__()

    def stir(self):
        """Something for every room to do."""
        self.turn += 1
        self.api.put(ingress("a", email=f"user-{self.turn}@example.com"))
        self.api.put(pomerium(cookie={"name": f"_{self.turn}"}))
        if self.name == "file":
            self.api.dump(self.tmp / "new")
            for path in (self.tmp / "new").iterdir():
                if path.read_bytes() != read(self.folder / path.name):
                    path.rename(self.folder / path.name)
        self.want()

    def want(self):
        folder = self.api.dump(self.tmp / "dump")
        self.right = translate(SLUICE, folder)[1] if self.name == "file" else wanted(SLUICE, folder)

    def has(self):
        return read(self.out) if self.name == "file" else self.sink.merged_now()

    def settle(self):
        return until(lambda: self.has() == self.right, DEADLINE_S)

    def is_half(self):
        """A file that nobody could read, or something beside it that was forgotten."""
        made = read(self.out)
        if self.name != "file" or made is None:
            return None
        try:
            json.loads(made)
        except ValueError:
            return f"{self.out.name} is half: {made[-80:]}"
        return None

    def play(self, place, n):
        """The room starts with that fault ahead of it, has something to do, and either ends well or goes on. Faults of that, and how many there were."""
        room, before = place.who, self.log_size()
        if room in ("translator", "settings"):
            self.rooms.kill("resolver")  # it remembers who crashed translators, and sets them aside
        self.rooms.begin(room, self.count.env(place, n))
        process = self.rooms.processes[room]
        self.stir()
        until(lambda: process.poll() is not None or self.has() == self.right and self.rests(process), DEADLINE_S)
        seen, _ = self.count.read()
        faults, status = [], process.poll()
        if status is not None:
            faults += self.judge(place, status, self.log_since(before))
        faults += [half for half in [self.is_half()] if half]
        if status is not None or process.poll() is not None:
            self.rooms.begin(room, {})
        right = self.settle()
        if status is None:  # what it did not come to does not stay ahead of it
            lives = process.poll() is None
            self.rooms.begin(room, {})
            right = (right or not lives) and self.settle()
        if not right:
            now = self.has()
            faults.append("in the end it is not what `sluice translate` says: " + (difference(now, self.right) if self.name != "file" else str(now)[:200]) + f"\n{self.log_since(before)[-3000:]}")
        return faults, seen

    def rests(self, process):
        seen = self.count.read()[0]
        return not until(lambda: self.count.read()[0] != seen or process.poll() is not None, REST_S)

    def judge(self, place, status, log):
        lines = [line for line in log.splitlines() if "level=error" in line or "level=fatal" in line]
        if status < 0:
            return [f"{place.who} died of signal {-status}: {log[-300:]}"]
        if place.what == "alloc" and place.of == "program" and (status != STATUS or "out of memory" not in log):
            return [f"{place.who} ended with {status} and not with {STATUS} and a sentence: {log[-300:]}"]
        if not status or not lines:
            return [f"{place.who} ended with {status} and without a sentence: {log[-300:]}"]
        return []

    def log_size(self):
        return (self.tmp / "log").stat().st_size

    def log_since(self, at):
        return (self.tmp / "log").read_bytes()[at:].decode("utf-8", "replace")


class Verbs:
    """Verbs that run once, on the world of the sweep."""

    def __init__(self, tmp, _):
        self.tmp, self.count = tmp, Count(tmp / "count")

    def __enter__(self):
        api = Api(self.tmp)
        for thing in world():
            api.put(thing)
        self.folder, self.policy = api.dump(self.tmp / "folder"), self.tmp / "policy.yaml"
        self.policy.write_text(allow("ann@example.com"))
        return self

    def __exit__(self, *_):
        pass

    def play(self, place, n):
        command = [SLUICE, *(word.format(folder=self.folder, policy=self.policy) for word in VERBS[place.who])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, env={**os.environ, **self.count.env(place, n)})
        seen, failed = self.count.read()
        if failed and (done.returncode != STATUS or "out of memory" not in done.stderr):
            return [f"ended with {done.returncode} and not with {STATUS} and a sentence: {done.stderr[-300:]}"], seen
        return [], seen


def places():
    found = [Place("verb", verb, "alloc", "program") for verb in VERBS]
    for name in ("file", "cluster"):
        for room in ROOMS:
            if name == "cluster" or room in ("publisher", "watcher"):
                found.append(Place(name, room, "alloc", "program"))
                found += [Place(name, room, call, "libzmq" if call == "connect" else of) for call, of in CALLS.items()]
    found += [Place("cluster", room, "connect", "libcurl") for room in ("publisher", "watcher")]
    return found


def chosen_places(where):
    return [place for place in places() if not where or any(str(place).startswith(which) for which in where)]


def play_paths(place):
    """(paths that were met, those of them that failed, faults): each path once, those too that show only when another one fails."""
    faults, met, played, failed = [], set(), set(), 0
    tmp = pathlib.Path(tempfile.mkdtemp(prefix="fl-", dir="/tmp"))
    try:
        with (Verbs if place.world == "verb" else World)(tmp, place.world) as one:
            todo = [NEVER]
            while todo:
                for n in todo:
                    bad, _ = one.play(place, n)
                    faults += [(f"{place}/{n}", sentence) for sentence in bad]
                    failed += one.count.read()[1]
                    met |= one.count.paths()
                played |= set(todo)
                todo = sorted(met - played)
    finally:
        shutil.rmtree(tmp, ignore_errors=True)
    return place, len(met), failed, faults


def play_all_paths(where):
    """(place -> (paths, those that failed), faults)"""
    found, faults = {}, []
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        for done in concurrent.futures.as_completed([pool.submit(play_paths, place) for place in chosen_places(where)]):
            place, met, failed, bad = done.result()
            found[place] = met, failed
            faults += bad
            print(f"{place}: {met} paths, {failed} failed", *(f"FAILS {point}: {sentence}" for point, sentence in bad), sep="\n", flush=True)
    return found, faults


def play_all(points, seed, where=None, only=None):
    """(place -> how many there are, points played, faults)."""
    sizes, played, faults = {}, 0, []
    dice = random.Random(seed)
    wanted_places = chosen_places(where)
    for name in ("verb", "file", "cluster"):
        here = [p for p in wanted_places if p.world == name]
        tmp = pathlib.Path(tempfile.mkdtemp(prefix="fl-", dir="/tmp"))
        try:
            with (Verbs if name == "verb" else World)(tmp, name) as one:
                for place in here:
                    bad, sizes[place] = one.play(place, NEVER)
                    faults += [(f"{place}/never", sentence) for sentence in bad]
                    share = points and max(1, points // len(wanted_places))
                    ns = range(1, sizes[place] + 1)
                    for n in only or (ns if not share or share >= len(ns) else sorted(dice.sample(ns, share))):
                        bad, _ = one.play(place, n)
                        played += 1
                        faults += [(f"{place}/{n}", sentence) for sentence in bad]
                        for sentence in bad:
                            print(f"FAILS {place}/{n}: {sentence}", flush=True)
        finally:
            shutil.rmtree(tmp, ignore_errors=True)
    return sizes, played, faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("what", nargs="*")
    args = parser.parse_args()
    began = time.monotonic()
    points = [what.rpartition("/") for what in args.what if what.rpartition("/")[2].isdigit() or "/@" in what]
    if args.points is None and not points:
        found, faults = play_all_paths(args.what)
        print(f"{sum(met for met, _ in found.values())} paths, {sum(failed for _, failed in found.values())} failed on, {len(faults)} badly, {time.monotonic() - began:.0f} s")
        return 1 if faults else 0
    if points:
        args.what, args.points = [points[0][0]], 0
    sizes, played, faults = play_all(args.points, args.seed, args.what, [n for *_, n in points])
    for place, n in sizes.items():
        print(f"{place}: {n}")
    print(f"{played} of {sum(sizes.values())} played, {len(faults)} fail, {time.monotonic() - began:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
