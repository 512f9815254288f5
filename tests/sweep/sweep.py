#!/usr/bin/env python3
"""Plays scenarios, and lets one thing go wrong between two messages: at every boundary, of every kind.

usage: sweep.py [--points N] [--seed N] [--faults FAULT,...] [-j N] [--first] [SCENARIO...]   N points of all, or of these; 0: every one
       sweep.py --list                                                                         the scenarios
       sweep.py POINT...                                                                       such as policy-narrows/kill:resolver/17

A point is a scenario, a fault and the number of messages after which it happens. After each step the databroker must hold, byte for byte, what
`sluice translate` makes of the cluster, and come to rest. Of what was written on the way nothing may have been without an effect, by somebody
without the lease, or with a route whose access no state of the scenario has; and what each state has may not be missing for a moment.
"""
import argparse
import collections
import concurrent.futures
import contextlib
import dataclasses
import functools
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time
import typing

ROOT = pathlib.Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/lib"), str(ROOT / "tests/sweep")]

from databroker import wanted  # noqa: E402
from faults import FAULTS, LONG_FAULTS, Faults  # noqa: E402
from rooms import BUILD, Rooms  # noqa: E402
from scenarios import Ends, scenarios  # noqa: E402
from wire import Wire  # noqa: E402
from world import NOBODY, Api, Sink, access_of, things_of, until, url_of  # noqa: E402

REST_S = 0.1  # nothing is said and nothing is written for so long
DEADLINE_S = float(os.environ.get("SWEEP_DEADLINE_S", 20))


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
    """The configuration after each step, step 0 being the start, the access that each URL has in any of them, and what is in all of them."""
    scenario, found, access = scenarios()[name], [], collections.defaultdict(set)
    with tempfile.TemporaryDirectory(prefix="sw-") as tmp:
        api = Api(pathlib.Path(tmp))
        for i, step in enumerate([None, *scenario.steps]):
            for one in (scenario.start() if step is None else [] if isinstance(step, Ends) else [step]):
                api.put(one)
            folder = api.dump(pathlib.Path(tmp) / str(i))
            now = wanted(str(BUILD / "sluice"), folder)
            found.append(State(found[-1].now if i - 1 in scenario.stays else now, now))
            for route in now["routes"]:
                access[url_of(route)].add(access_of(route))
    kept = set.intersection(*(things_of(config) for state in found for config in state))
    return found, access, kept


class Run(Faults):
    """One point, or none: a run in which nothing goes wrong counts the messages."""

    def __init__(self, tmp, scenario, point=None):
        self.tmp, self.scenario, self.point = tmp, scenario, point
        self.hit, self.rush, self.pause_s, self.step, self.start = False, threading.Event(), 0, 0, 0
        self.over, self.rest_s = 0.0, REST_S
        self.faults = []

    def run(self):
        expected, access, kept = states(self.scenario.name)
        self.api, self.sink = Api(self.tmp), Sink(self.tmp)
        for thing in self.scenario.start():
            self.api.put(thing)
        with contextlib.ExitStack() as self.stack:
            self.stack.enter_context(self.api)
            self.stack.enter_context(self.sink)
            self.wire = self.stack.enter_context(Wire(self.tmp / "wire", self.tmp / "run", self.after))
            self.replicas = [self.stack.enter_context(Rooms(self.tmp, self.api, self.sink, self.wire))]
            self.play(expected)
            self.judge(expected, access, kept)
        return self.faults

    @property
    def rooms(self):
        return self.replicas[0]

    def play(self, expected):
        for i, want in enumerate(expected):
            if i and i > self.step:
                self.take_step()
            while self.rush.is_set() and self.has_more():  # the remaining ones come at once, right after what went wrong
                time.sleep(self.pause_s)
                self.take_step()
            if self.rush.is_set():
                want = expected[-1]
            self.settle(i, want)
            if not i:
                self.start_others()
            self.start = self.start or self.wire.n
            if self.faults:
                return

    def has_more(self):
        return self.step < len(self.scenario.steps)

    def take_step(self):
        step = self.scenario.steps[self.step]
        self.step += 1
        self.replicas[step.replica].end("publisher") if isinstance(step, Ends) else self.api.put(step)

    def start_others(self):
        """When the first one leads: they know everything too, and stand by."""
        for n in range(1, self.scenario.replicas):
            rooms = self.stack.enter_context(Rooms(self.tmp / str(n), self.api, self.sink, None))
            self.replicas.append(rooms)
            if not until(lambda: rooms.says("standing by") or rooms.says("lease acquired"), DEADLINE_S):
                self.faults.append(f"replica {n} does not stand by")

    def settle(self, i, want):
        may_be = [want.now] + ([want.fresh] if self.rush.is_set() else [])
        right = lambda: self.sink.merged_now() in may_be or (self.rush.is_set() and self.has_more())
        if not self.in_time(right):
            self.faults.append(f"step {i}: not what `sluice translate` says: {difference(self.sink.merged_now(), want.now)}")

    def judge(self, expected, access, kept):
        """Once the fault is over, it comes to rest with what is right, and the databroker itself says the same as its log."""
        right = expected[-1] if self.rush.is_set() else expected[-1][:1]
        if not self.faults and not self.in_time(lambda: time.monotonic() > self.over and self.rests(right)):
            self.faults.append(f"it did not stay, or did not come to rest: {difference(self.sink.merged_now(), expected[-1].now)}")
        if not self.faults and self.sink.merged() not in right:
            self.faults.append(f"the log of the databroker is not all: {difference(self.sink.merged(), expected[-1].now)}")
        may_be_empty = any(not state.now["routes"] for state in expected)
        self.faults += [f for f in self.sink.written.faults if not (may_be_empty and f.endswith("no route"))]
        for put, record, route in self.sink.written.routes:
            if access_of(route) not in access[url_of(route)] | {NOBODY}:
                self.faults.append(f"write {put} of {record}: the access of {url_of(route)} is of no state: {access_of(route)}")
        may_miss = self.hit and self.scenario.hands_over
        is_whole = not (self.hit and self.point.fault == "forbidden")  # who may not read a kind at the start serves what he knows without it
        for put, things in enumerate(self.sink.written.stored, 1):
            is_whole |= not kept - things
            if kept - things and is_whole and not may_miss:
                self.faults.append(f"write {put} leaves out what every state has: {str(sorted(kept - things))[:300]}")

    def in_time(self, condition):
        """Counted from the end of what goes wrong."""
        began = time.monotonic()
        while not until(condition, 0.1):
            if time.monotonic() > max(began, self.over) + DEADLINE_S:
                return False
        return True

    def rests(self, right):
        messages, puts = self.wire.n, self.sink.written.puts
        return self.sink.merged_now() in right and not until(lambda: self.wire.n > messages or self.sink.merged_now() and self.sink.written.puts > puts, self.rest_s)


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


class Astray(Exception):
    """A scenario goes wrong by itself."""


def boundaries(names, jobs):
    """Of each scenario, run without a fault: its own messages, those of the start left out; the start of all is that of the very first."""
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        calm = dict(zip(names, pool.map(run, [None] * len(names), names)))
    for name, result in calm.items():
        if result.faults:
            raise Astray(f"{name}: {result.faults[0]}\n{result.log[-3000:]}")
    first = next(iter(scenarios()))
    return {name: range(1 if name == first else result.start, result.messages + 1) for name, result in calm.items()}


def choose(ranges, n, seed, faults=FAULTS):
    """All points, or n of them: each scenario with each fault in turn, the boundary by the seed."""
    turns = {(name, fault): list(ranges[name]) for name in ranges for fault in faults}
    dice = random.Random(seed)
    for ks in turns.values():
        dice.shuffle(ks)
    points = []
    for i in range(max(len(ks) for ks in turns.values())):
        row = [Point(*turn, ks[i]) for turn, ks in turns.items() if i < len(ks)]
        dice.shuffle(row)
        points += row
    return points[:n or None]


def sweep(points, jobs, first=False):
    """How many diverge, and how many were reached; `first`: no further than the first that diverges."""
    began, bad, reached = time.monotonic(), 0, 0
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        for i, result in enumerate(pool.map(run, points), 1):
            reached += result.reached
            if result.faults:
                bad += 1
                print(f"DIVERGES {result.point}\n  " + "\n  ".join(result.faults[:5]) + f"\n{result.log[-6000:]}", flush=True)
            if i % 100 == 0 or i == len(points) or first and bad:
                print(f"{i} points, {reached} reached, {bad} diverge, {time.monotonic() - began:.0f} s", flush=True)
            if first and bad:
                pool.shutdown(cancel_futures=True)
                break
    return bad, reached


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=lambda text: text.split(","), default=FAULTS, help=", ".join((*FAULTS, *LONG_FAULTS)))
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--first", action="store_true", help="no further than the first point that diverges")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("what", nargs="*")
    args = parser.parse_args()
    if args.list:
        print(*scenarios(), sep="\n")
        return 0
    if args.what and "/" in args.what[0]:
        points = [Point(name, fault, int(k)) for name, fault, k in (what.split("/") for what in args.what)]
    else:
        try:
            points = choose(boundaries(args.what or list(scenarios()), args.jobs), args.points, args.seed, args.faults)
        except Astray as error:
            print(f"DIVERGES without a fault {error}")
            return 1
    bad, _ = sweep(points, args.jobs, args.first)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
