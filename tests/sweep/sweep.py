#!/usr/bin/env python3
"""Plays scenarios, and lets one thing go wrong between two messages: at every boundary, of every kind.

usage: sweep.py [--points N] [--seed N] [-j N] [SCENARIO...]   N points of all, or of these; 0: every one
       sweep.py --list                                         the scenarios
       sweep.py POINT...                                       such as policy-narrows/kill:resolver/17

A point is a scenario, a fault and the number of messages after which it happens. After each step the databroker must hold, byte for byte, what
`sluice translate` makes of the cluster, and come to rest. Of what was written on the way nothing may have been without an effect, by somebody
without the lease, without a route, or with a route whose access no state of the scenario has.
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import functools
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import typing

ROOT = pathlib.Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/lib"), str(ROOT / "tests/sweep")]

from databroker import wanted  # noqa: E402
from scenarios import scenarios  # noqa: E402
from wire import Wire  # noqa: E402
from world import NOBODY, Api, Sink, access_of, until, url_of  # noqa: E402

BUILD = ROOT / os.environ.get("BUILD", "build")
ROOMS = ("publisher", "resolver", "translator", "settings", "watcher")
FAULTS = (*(f"kill:{room}" for room in ROOMS), *(f"freeze:{room}" for room in ROOMS), "skip", "behind", "late", "twice", "lost")
LEASE_S, FROZEN_S, LATE_MS, BEHIND_S = 1, 1.4, 300, 0.3
REST_S = 0.1  # nothing is said and nothing is written for so long
DEADLINE_S = 20


@dataclasses.dataclass(frozen=True)
class Point:
    scenario: str
    fault: str
    after: int

    def __str__(self):
        return f"{self.scenario}/{self.fault}/{self.after}"


class State(typing.NamedTuple):
    now: dict    # after this step
    fresh: dict  # if no step was before it: an owner that was never good has no last good


@dataclasses.dataclass
class Result:
    point: Point | None
    faults: list
    reached: bool = False
    start: int = 0     # messages until the start was settled, and in all
    messages: int = 0
    log: str = ""


@functools.cache
def states(name):
    """The configuration after each step, step 0 being the start, and the access that each URL has in any of them."""
    scenario, found, access = scenarios()[name], [], collections.defaultdict(set)
    with tempfile.TemporaryDirectory(prefix="sw-") as tmp:
        api = Api(pathlib.Path(tmp))
        for i, step in enumerate([None, *scenario.steps]):
            for one in (scenario.start() if step is None else [step]):
                api.put(one)
            folder = api.dump(pathlib.Path(tmp) / str(i))
            now = wanted(str(BUILD / "sluice"), folder)
            found.append(State(found[-1].now if i - 1 in scenario.stays else now, now))
            for route in now["routes"]:
                access[url_of(route)].add(access_of(route))
    return found, access


class Rooms:
    """The rooms with the wire between them; who ends is started again, as `sluice up` does."""

    def __init__(self, tmp, api, sink, wire):
        self.tmp, self.ending, self.processes, self.lock = tmp, False, {}, threading.Lock()
        (tmp / "run").mkdir(mode=0o700)
        self.log = open(tmp / "log", "ab")
        cluster = ["--kubeconfig", str(api.kubeconfig())]
        self.args = {
            "publisher": ["--databroker-service-url", sink.url, "--lease-duration", f"{LEASE_S}s", "--publish-interval", "20ms"],
            "resolver": wire.endpoints("state"),
            "watcher": [*cluster, "--api-backoff", "50ms", *wire.endpoints("objects")],
            "translator": wire.endpoints("jobs", "configs"),
            "settings": ["--settings"],  # past the wire: behind it all translators are one process, and the Pomerium object goes to one of its own
        }
        self.env = {**os.environ, "SHARED_SECRET": sink.secret}

    def __enter__(self):
        for room in ROOMS:
            self.start(room)
        return self

    def __exit__(self, *_):
        with self.lock:
            self.ending = True
            for process in self.processes.values():
                process.kill()
        for process in self.processes.values():
            process.wait()
        self.log.close()

    def start(self, room):
        with self.lock:
            if not self.ending:
                command = [str(BUILD / f"sluice-{room.replace('settings', 'translator')}"), "--run-dir", str(self.tmp / "run"), *self.args[room]]
                self.processes[room] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=self.env)

    def kill(self, room):
        self.processes[room].kill()
        self.processes[room].wait()
        self.start(room)

    def freeze(self, room):
        process = self.processes[room]
        process.send_signal(signal.SIGSTOP)
        threading.Timer(FROZEN_S, process.send_signal, [signal.SIGCONT]).start()


class Run:
    """One point, or none: a run in which nothing goes wrong counts the messages."""

    def __init__(self, tmp, scenario, point=None):
        self.tmp, self.scenario, self.point = tmp, scenario, point
        self.hit, self.rush, self.step, self.start = False, threading.Event(), 0, 0
        self.over = 0.0
        self.faults = []

    def run(self):
        expected, access = states(self.scenario.name)
        self.api, self.sink = Api(self.tmp), Sink(self.tmp)
        for thing in self.scenario.start():
            self.api.put(thing)
        with self.api, self.sink, Wire(self.tmp / "wire", self.tmp / "run", self.after) as self.wire:
            with Rooms(self.tmp, self.api, self.sink, self.wire) as self.rooms:
                self.play(expected)
                self.judge(expected, access)
        return self.faults

    def play(self, expected):
        for i, want in enumerate(expected):
            if i and i > self.step:
                self.step = i
                self.api.put(self.scenario.steps[i - 1])
            if self.rush.is_set():  # the remaining steps come at once, right after what went wrong
                while self.step < len(self.scenario.steps):
                    self.step += 1
                    self.api.put(self.scenario.steps[self.step - 1])
                want = expected[-1]
            self.settle(i, want)
            self.start = self.start or self.wire.n
            if self.faults:
                return

    def settle(self, i, want):
        may_be = [want.now] + ([want.fresh] if self.rush.is_set() else [])
        right = lambda: self.sink.merged_now() in may_be or (self.rush.is_set() and self.step < len(self.scenario.steps))
        if not until(right, DEADLINE_S):
            self.faults.append(f"step {i}: not what `sluice translate` says: {difference(self.sink.merged_now(), want.now)}")

    def judge(self, expected, access):
        """Once the fault is over, it comes to rest with what is right, and the databroker itself says the same as its log."""
        if not self.faults and not until(lambda: time.monotonic() > self.over and self.rests(expected[-1]), DEADLINE_S):
            self.faults.append(f"it did not stay: {difference(self.sink.merged_now(), expected[-1].now)}")
        if not self.faults and self.sink.merged() not in expected[-1]:
            self.faults.append(f"the log of the databroker is not all: {difference(self.sink.merged(), expected[-1].now)}")
        may_be_empty = any(not state.now["routes"] for state in expected)
        self.faults += [f for f in self.sink.written.faults if not (may_be_empty and f.endswith("no route"))]
        for put, record, route in self.sink.written.routes:
            if access_of(route) not in access[url_of(route)] | {NOBODY}:
                self.faults.append(f"write {put} of {record}: the access of {url_of(route)} is of no state: {access_of(route)}")

    def rests(self, right):
        messages, puts = self.wire.n, self.sink.written.puts
        return self.sink.merged_now() in right and not until(lambda: self.wire.n > messages or self.sink.merged_now() and self.sink.written.puts > puts, REST_S)

    # ---- what goes wrong; on the thread of the wire, which passes nothing on meanwhile ----

    def after(self, n, link, kind):
        if self.point and n == self.point.after and not self.hit:
            self.hit, self.over = True, time.monotonic() + self.lasts()
            what, _, room = self.point.fault.partition(":")
            getattr(self, what)(room)

    def lasts(self):
        return {"freeze": FROZEN_S, "behind": BEHIND_S, "late": LATE_MS / 1000, "lost": LATE_MS / 1000}.get(self.point.fault.partition(":")[0], 0)

    def kill(self, room):
        self.rooms.kill(room)

    def freeze(self, room):
        self.rooms.freeze(room)

    def skip(self, _):
        """The watches are cut; what happens meanwhile is told by the newest event of each object alone."""
        self.api.skips = True
        self.api.drop()
        self.rush.set()

    def behind(self, _):
        """A new watcher meets a server that knows nothing of the last revisions; it catches up a moment later."""
        with self.api.changed:
            self.api.behind = max(self.api.version - 2, 101)
        self.rooms.kill("watcher")
        threading.Timer(BEHIND_S, self.catch_up).start()

    def catch_up(self):
        with self.api.changed:
            self.api.behind = 0
            self.api.changed.notify_all()

    def late(self, _):
        threading.Thread(target=self.sink.fault, args=("delay", "", 3), kwargs={"millis": LATE_MS}).start()

    def lost(self, _):
        """Handled at once, and the answer comes late: everything about it may have changed by then."""
        threading.Thread(target=self.sink.fault, args=("lost", "Put", 3), kwargs={"millis": LATE_MS}).start()

    def twice(self, _):
        threading.Thread(target=self.sink.fault, args=("twice", "Sync", 100)).start()


def difference(got, want):
    """The first thing in which they differ, in a line."""
    for key in ("routes", "certificates"):
        has, should = ([json.dumps(x, sort_keys=True) for x in side[key]] for side in (got, want))
        for text, items in (("too much", [x for x in has if x not in should]), ("missing", [x for x in should if x not in has])):
            if items:
                return f"{len(items)} {key} {text}, such as {items[0][:300]}"
    return f"settings {json.dumps(got['settings'])[:300]}"


def run(point=None, scenario=None):
    tmp = pathlib.Path(tempfile.mkdtemp(prefix="sw-", dir="/tmp"))
    try:
        one = Run(tmp, scenarios()[scenario or point.scenario], point)
        faults = one.run()
        return Result(point, faults, one.hit, one.start, one.wire.n, (tmp / "log").read_text(errors="replace") if faults else "")
    except Exception as error:  # a fault of the sweep itself counts as one, with its point
        return Result(point, [f"{type(error).__name__}: {error}"])
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


def boundaries(names, jobs):
    """Of each scenario, run without a fault: its own messages, those of the start left out; the start of all is that of the first."""
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        calm = dict(zip(names, pool.map(run, [None] * len(names), names)))
    for name, result in calm.items():
        if result.faults:
            raise SystemExit(f"{name}: goes wrong by itself: {result.faults[0]}\n{result.log[-3000:]}")
    return {name: range(1 if name == names[0] else result.start, result.messages + 1) for name, result in calm.items()}


def choose(ranges, n, seed):
    """All points, or n of them: each scenario with each fault in turn, the boundary by the seed."""
    turns = {(name, fault): list(ranges[name]) for name in ranges for fault in FAULTS}
    dice = random.Random(seed)
    for ks in turns.values():
        dice.shuffle(ks)
    points = []
    for i in range(max(len(ks) for ks in turns.values())):
        row = [Point(*turn, ks[i]) for turn, ks in turns.items() if i < len(ks)]
        dice.shuffle(row)
        points += row
    return points[:n or None]


def sweep(points, jobs):
    """How many diverge, and how many were reached."""
    began, bad, reached = time.monotonic(), 0, 0
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        for i, result in enumerate(pool.map(run, points), 1):
            reached += result.reached
            if result.faults:
                bad += 1
                print(f"DIVERGES {result.point}\n  " + "\n  ".join(result.faults[:5]) + f"\n{result.log[-6000:]}", flush=True)
            if i % 100 == 0 or i == len(points):
                print(f"{i} points, {reached} reached, {bad} diverge, {time.monotonic() - began:.0f} s", flush=True)
    return bad, reached


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--list", action="store_true")
    parser.add_argument("what", nargs="*")
    args = parser.parse_args()
    if args.list:
        print(*scenarios(), sep="\n")
        return 0
    if args.what and "/" in args.what[0]:
        points = [Point(name, fault, int(k)) for name, fault, k in (what.split("/") for what in args.what)]
    else:
        points = choose(boundaries(args.what or list(scenarios()), args.jobs), args.points, args.seed)
    bad, _ = sweep(points, args.jobs)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
