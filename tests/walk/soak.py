#!/usr/bin/env python3
"""Lets a pipeline run for hours while all that users can say is said, and all that can go wrong goes wrong.

usage: soak.py [--minutes N] [--seed N]

First all rooms live: several things are said at once, watches are cut, the databroker is late, loses answers or says things twice. No room may
grow, in memory or in descriptors. Then rooms are killed and frozen besides. The oracle of the walk holds after every turn.
"""
import argparse
import collections
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from walk import OWNERS, Said, Walk, says_several, words  # noqa: E402
from faults import LASTS_S, LATE_MS  # noqa: E402
from rooms import ROOMS, Rooms  # noqa: E402
from scenarios import world  # noqa: E402
from wire import Wire  # noqa: E402
from world import Api, Sink  # noqa: E402

STEADY_S = 11  # who cuts a watch that is younger makes the watcher wait longer and longer, as it should: see WATCH_STEADY_MS
ASIDE_S = 90  # who was being translated when two translators were killed is set aside for a minute: it may have killed them
GROWS_MB, GROWS_FILES = 6, 8  # more than that from a twentieth of the first half to its end is a leak
NAMES = [*(f"walk-{i}" for i in range(OWNERS)), "global"]


class Soak(Walk):
    def __init__(self, tmp, seed, minutes):
        super().__init__(tmp, seed, 0, 1, 1)
        self.dice, self.seconds = random.Random(seed), minutes * 60
        self.wrong = collections.Counter()
        self.first, self.last = {}, {}
        self.cut_at = 0

    def run(self):
        self.api, self.sink = Api(self.tmp), Sink(self.tmp)
        for obj in [*world(), *words.objects()]:
            self.api.put(obj)
        with self.api, self.sink, Wire(self.tmp / "wire", self.tmp / "run", lambda *_: None) as self.wire, Rooms(self.tmp, self.api, self.sink, self.wire) as self.rooms:
            self.now = self.wanted([Said(obj, "the start", True, None) for obj in [*world(), *words.objects()] if obj["kind"] in ("Ingress", "Pomerium")])
            self.settle("the start")
            self.begin = time.monotonic()
            self.half([self.cut, self.late, self.lost, self.twice], 0.5)
            if not self.report.faults:
                self.judge_growth()
            self.deadline_s = ASIDE_S
            self.half([self.cut, self.late, self.lost, self.twice, self.kill, self.kill, self.freeze], 1)
        self.report.writes = self.sink.written.puts
        return self.report

    def half(self, evils, until):
        while self.passed() < until and not self.report.faults:
            if self.dice.random() < 0.3:
                evil = self.evil(evils)
                self.wrong[evil.__name__] += 1
                evil()
            self.turn([says_several(name, self.dice) for name in self.dice.sample(NAMES, self.dice.randint(1, len(NAMES)))])
            self.sink.written.routes.clear()
            self.sink.written.stored.clear()
            if self.report.turns % 200 == 0:
                self.api.compact()
            if not self.first and self.passed() > 0.05:
                self.first = self.sizes()
            if self.report.turns % 500 == 0:
                print(f"{self.passed():.0%}: {self.report}; {dict(self.wrong)}", flush=True)

    def passed(self):
        return (time.monotonic() - self.begin) / self.seconds

    # ---- no growth ----

    def sizes(self):
        """{room: (MB of its own, open files)}"""
        found = {}
        for room, process in self.rooms.processes.items():
            pss = re.search(r"Pss: +(\d+)", pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text())
            found[room] = int(pss[1]) / 1024, len(os.listdir(f"/proc/{process.pid}/fd"))
        return found

    def judge_growth(self):
        self.last = self.sizes()
        for room, (mb, files) in self.last.items():
            first_mb, first_files = self.first[room]
            print(f"{room}: {first_mb:.1f} MB, then {mb:.1f}; {first_files} files, then {files}", flush=True)
            if mb > first_mb + GROWS_MB or files > first_files + GROWS_FILES:
                self.fault("growth", f"{room} grew from {first_mb:.1f} MB and {first_files} files to {mb:.1f} and {files}")

    # ---- what goes wrong ----

    def evil(self, evils):
        young = time.monotonic() < self.cut_at + STEADY_S
        return self.dice.choice([evil for evil in evils if not young or evil != self.cut])

    def cut(self):
        self.cut_at = time.monotonic()
        self.api.drop()

    def late(self):
        threading.Thread(target=self.sink.fault, args=("delay", "", 3), kwargs={"millis": LATE_MS}).start()

    def lost(self):
        threading.Thread(target=self.sink.fault, args=("lost", "Put", 3), kwargs={"millis": LATE_MS}).start()

    def twice(self):
        threading.Thread(target=self.sink.fault, args=("twice", "Sync", 100)).start()

    def kill(self):
        self.rooms.kill(self.dice.choice(ROOMS))

    def freeze(self):
        self.rooms.freeze(self.dice.choice(ROOMS), LASTS_S["freeze"])
        time.sleep(LASTS_S["freeze"] * self.dice.random())


def soak(minutes, seed):
    tmp = pathlib.Path(tempfile.mkdtemp(prefix="so-", dir="/tmp"))
    try:
        one = Soak(tmp, seed, minutes)
        return one.run(), one.wrong
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    report, wrong = soak(args.minutes, args.seed)
    print(*(f"DIVERGES {fault}" for fault in report.faults), sep="\n")
    print(f"{args.minutes:g} minutes: {report.turns} turns, {report.said.total()} objects changed, {report.said['accepted']} accepted, {report.said['rejected']} rejected, "
          f"{report.writes} writes, {wrong.total()} times something went wrong, {len(report.faults)} divergences")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
