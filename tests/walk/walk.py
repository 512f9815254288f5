#!/usr/bin/env python3
"""Says all that users can say, one thing after the other, to a pipeline that runs: good, other good, bad, good again, nonsense, nothing.

usage: walk.py [--rounds N] [--seed N] [-j N]    the first round says every row of words.py; more rounds say several at once, at random

Each turn several owners change at once. Then the databroker must hold, byte for byte, what `sluice translate` makes of the last good object of
each owner. No write may change nothing, and no route may be written whose access is neither that before nor that after the turn.
"""
import argparse
import collections
import concurrent.futures
import copy
import dataclasses
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time
import typing

ROOT = pathlib.Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/lib"), str(ROOT / "tests/sweep"), str(ROOT / "tests/walk")]

import words  # noqa: E402
from databroker import merge  # noqa: E402
from pipeline import translate  # noqa: E402
from rooms import BUILD, Rooms  # noqa: E402
from scenarios import ingress, key_of, pomerium, world  # noqa: E402
from sweep import DEADLINE_S, difference  # noqa: E402
from wire import Wire  # noqa: E402
from world import NOBODY, Api, Sink, access_of, until, url_of  # noqa: E402

OWNERS, PREFIX = 8, "ingress.pomerium.io/"
REST_S = 0.03  # nothing is said for so long: who was rejected is so by then
NONSENSE = 2   # of each row, in a round


class Said(typing.NamedTuple):
    obj: dict
    row: str
    good: bool | None  # None: `sluice translate` decides
    value: object


@dataclasses.dataclass
class Report:
    rows: set = dataclasses.field(default_factory=set)
    turns: int = 0
    said: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    writes: int = 0
    faults: list = dataclasses.field(default_factory=list)

    def add(self, other):
        self.rows |= other.rows
        self.turns += other.turns
        self.said += other.said
        self.writes += other.writes
        self.faults += other.faults

    def __str__(self):
        return (f"{len(self.rows)} of {len(all_rows())} rows, {self.said.total()} values in {self.turns} turns: {self.said['accepted']} accepted, "
                f"{self.said['rejected']} rejected; {self.writes} writes, {len(self.faults)} divergences")


def all_rows():
    return ({f"annotation {name}" for name in words.known_annotations()} | {f"field {path}" for path in words.known_fields()}
            | {f"ingress {name}" for name in words.known_ingress()})


def put(obj, path, value):
    """`spec.rules.0.host`; None takes the field away. What follows `annotations.` is one name."""
    head, notes, name = path.partition("annotations.")
    steps = [*head.split(".")[:-1], "annotations", name] if notes else path.split(".")
    for step in steps[:-1]:
        obj = obj[int(step)] if isinstance(obj, list) else obj.setdefault(step, {})
    if value is None:
        obj.pop(steps[-1], None)
    else:
        obj[steps[-1]] = value


# ---- what an owner says, one after the other ----

def visits(row, dice, nonsense):
    """Values of a row in the order of the tour: (value, is good)."""
    goods = [(value, True) for value in row.good]
    bads = [(value, False) for value in row.bad]
    dice.shuffle(goods)
    tour = [*goods[:2], *bads, *goods[2:]]
    for value in dice.sample(nonsense, NONSENSE):
        tour.insert(dice.randrange(len(tour) + 1), (value, None))
    return [*tour, goods[0]]


def annotated(name, notes):
    """In the shape that paths have to be in for some of them."""
    made = ingress(name, service="a", email=None, **notes)
    http = made["spec"]["rules"][0]["http"]["paths"][0]
    if any(notes.get(k) == "true" for k in ("tcp_upstream", "udp_upstream", "ssh_upstream")):
        http.pop("path")
        http["pathType"] = "ImplementationSpecific"
    if notes.get("path_regex") == "true":
        http.update(path="^/(a|b)/.*$", pathType="ImplementationSpecific")
    return made


def says_annotations(owner, names, dice):
    for name in names:
        row = words.annotations()[name]
        for value, good in visits(row, dice, words.WRONG_TEXTS):
            yield Said(annotated(owner, {**row.beside, name: value}), f"annotation {name}", good, value)
        yield Said(annotated(owner, {}), f"annotation {name}", True, None)


def says_ingress(owner, names, dice):
    for name in names:
        path, row = words.INGRESS[name]
        for value, good in visits(row, dice, [None] * NONSENSE):
            made = ingress(owner, service="a")
            for other, beside in row.beside.items():
                put(made, other, beside)
            put(made, path, copy.deepcopy(value))
            yield Said(made, f"ingress {name}", good, value)


def says_settings(paths, dice):
    for path in paths:
        row = words.fields()[path]
        for value, good in [*visits(row, dice, words.WRONG_VALUES), (None, None)]:
            made = pomerium()
            for other, beside in row.beside.items():
                put(made, f"spec.{other}", beside)
            put(made, f"spec.{path}", copy.deepcopy(value))
            yield Said(made, f"field {path}", good, value)


def says_several(owner, dice):
    """A few annotations at once, or fields; of every third one is bad, or nonsense."""
    rows, wrong = (words.fields(), words.WRONG_VALUES) if owner == "global" else (words.annotations(), words.WRONG_TEXTS)
    names, chosen = dice.sample(sorted(rows), dice.randint(2, 5)), {}
    spoilt = dice.choice([names[0], None, None])
    for name in names:
        row = rows[name]
        chosen |= row.beside | {name: dice.choice([*row.bad, *wrong] if name == spoilt else row.good)}
    if owner != "global":
        return Said(annotated(owner, chosen), "several", None, chosen)
    made = pomerium()
    for path, value in chosen.items():
        try:
            put(made, f"spec.{path}", copy.deepcopy(value))
        except (AttributeError, TypeError, ValueError):
            pass  # nonsense stands above it
    return Said(made, "several", None, chosen)


# ---- the walk ----

class Walk:
    def __init__(self, tmp, seed, part, parts, rounds):
        self.tmp, self.dice, self.report = tmp, random.Random(seed * 1000 + part), Report()
        order = lambda names: random.Random(seed).sample(sorted(names), len(names))[part::parts]
        notes = order(words.annotations())
        self.owners = [says_annotations(f"walk-{i}", notes[i::OWNERS], self.dice) for i in range(OWNERS)]
        self.owners += [says_ingress("walker", order(words.INGRESS), self.dice), says_settings(order(words.fields()), self.dice)]
        self.rounds, self.good, self.deadline_s = rounds, {}, DEADLINE_S

    def run(self):
        self.api, self.sink = Api(self.tmp), Sink(self.tmp)
        for obj in [*world(), *words.objects()]:
            self.api.put(obj)
        with self.api, self.sink, Wire(self.tmp / "wire", self.tmp / "run", lambda *_: None) as self.wire, Rooms(self.tmp, self.api, self.sink, self.wire):
            self.now = self.wanted([Said(obj, "the start", True, None) for obj in [*world(), *words.objects()] if obj["kind"] in ("Ingress", "Pomerium")])
            self.settle("the start")
            for turn in self.turns():
                self.turn(turn)
                if self.report.faults:
                    break
        self.report.writes = self.sink.written.puts
        return self.report

    def turns(self):
        while self.owners:
            turn = [said for said in (next(owner, None) for owner in self.owners) if said]
            if not turn:
                break
            yield turn
        names = [f"walk-{i}" for i in range(OWNERS)] + ["global"]
        for _ in range((self.rounds - 1) * 100):
            yield [says_several(name, self.dice) for name in names]

    def turn(self, turn):
        before, messages, routes = self.now, self.wire.n, len(self.sink.written.routes)
        for said in turn:
            self.api.put(said.obj)
        self.now = self.wanted(turn)
        what = "; ".join(f"{key_of(said.obj)[1]}, {said.row}: {said.value!r:.200}" for said in turn)
        until(lambda: self.wire.n > messages, 1)
        self.settle(what)
        access = collections.defaultdict(lambda: {NOBODY})
        for route in [*before["routes"], *self.now["routes"]]:
            access[url_of(route)].add(access_of(route))
        for _, record, route in self.sink.written.routes[routes:]:
            if access_of(route) not in access[url_of(route)]:
                self.fault(what, f"the access of {url_of(route)} in {record} is neither the old nor the new one: {access_of(route)}")
        for fault in self.sink.written.faults:
            self.fault(what, fault)
        self.report.turns += 1

    def settle(self, what):
        messages = 0

        def rests():
            nonlocal messages
            messages = self.wire.n
            return self.sink.merged_now() == self.now and not until(lambda: self.wire.n > messages, REST_S)
        if not until(rests, self.deadline_s):
            self.fault(what, f"not what `sluice translate` says: {difference(self.sink.merged_now(), self.now)}")

    def fault(self, what, sentence):
        self.report.faults.append(f"turn {self.report.turns} ({what}): {sentence}\n{(self.tmp / 'log').read_text(errors='replace')[-2000:]}")

    # ---- what is right ----

    def wanted(self, turn):
        """Of what the API server holds now; a rejected owner is as it was when it was good."""
        made, sentences = self.translated(self.api.objects)
        rejected = {line.partition(": ")[0] for line in sentences.splitlines() if not line.partition(": ")[2].startswith("warning")}
        for said in turn:
            plural, key = key_of(said.obj)
            is_good = key not in rejected
            self.report.rows |= {said.row} & all_rows()
            self.report.said["accepted" if is_good else "rejected"] += 1
            if said.good not in (None, is_good):
                self.fault(said.row, f"{said.value!r} should be {'good' if said.good else 'bad'}: {sentences}")
            if is_good:
                self.good[plural, key] = self.api.objects[plural][key]
        if not rejected:
            return made
        objects = {plural: dict(found) for plural, found in self.api.objects.items()}
        for plural, key in [(plural, key) for plural in ("ingresses", "pomerium") for key in objects[plural] if key in rejected]:
            objects[plural].pop(key)
            if (plural, key) in self.good:
                objects[plural][key] = self.good[plural, key]
        return self.translated(objects)[0]

    def translated(self, objects):
        shown = Api(self.tmp)
        shown.objects = objects
        _, made, sentences = translate(str(BUILD / "sluice"), shown.dump(self.tmp / "dump"))
        config = json.loads(made)
        for route in config.get("routes", []):
            route.pop("envoy_opts", None)  # for older Pomerium: the databroker of the tests has the present schema
        if config.get("settings", {}).get("codec_type") == "CODEC_TYPE_HTTP3":
            config["settings"]["http3_advertise_port"] = 443  # a flag of the publisher
        return merge([config]), sentences


def walk(seed, part, parts, rounds):
    tmp = pathlib.Path(tempfile.mkdtemp(prefix="wk-", dir="/tmp"))
    try:
        return Walk(tmp, seed, part, parts, rounds).run()
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


def walk_all(seed, jobs, rounds=1):
    report = Report()
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        for one in pool.map(walk, [seed] * jobs, range(jobs), [jobs] * jobs, [rounds] * jobs):
            report.add(one)
    return report


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    began = time.monotonic()
    report = walk_all(args.seed, args.jobs, args.rounds)
    print(*(f"DIVERGES {fault}" for fault in report.faults), f"{report}; {time.monotonic() - began:.0f} s", sep="\n")
    return 1 if report.faults or report.rows != all_rows() else 0


if __name__ == "__main__":
    sys.exit(main())
