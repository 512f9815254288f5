#!/usr/bin/env python3
"""Searches the models of the protocol with spin, and prints one line a promise.

usage: models.py [--quick] [-v] [MODEL...]   all, or these; --quick: the share of `make test`;
                                          -v: each search
       models.py --trail MODEL RULE          tells how the promise breaks without that rule

Of each model: every search must end without an error and reach every SEEN of the model; and without any one of
its rules spin must find a run that breaks the promise which the rule is there for.
"""
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
MEMORY = "6000"  # MB that one search may take
ENDS = "ends"    # the promise that no run goes on for ever: a cycle breaks it


@dataclasses.dataclass
class Search:
    flags: str
    quick: bool = False
    cycles: bool = False  # looks for runs that never end, too


@dataclasses.dataclass
class Rule:
    name: str      # the model is compiled with -DNO_name, or with -Dname if that is another rule in its place
    promise: str   # what breaks without it
    flags: str = ""
    instead: bool = False
    cycle: bool = False  # it breaks by a run that never ends

    @property
    def define(self):
        return f"-D{self.name}" if self.instead else f"-DNO_{self.name}"


@dataclasses.dataclass(eq=False)
class Model:
    name: str
    promises: dict
    searches: list
    rules: list


MODELS = [
    Model("link", {
        "order": "no message is taken twice, out of order, or in a session that it was not sent in",
        "credit": "no end gets more messages than it gave credit for",
        "known": "both ends are up and know all in the end",
        ENDS: "every run comes to rest",
    }, [
        Search("-DCUTS=1", quick=True), Search("-DCUTS=2"), Search("-DCUTS=1 -DEARLY=1"),
        Search("-DKILLS=1 -DCUTS=0", quick=True), Search("-DKILLS=1 -DCUTS=1 -DCHANGES=2"), Search("-DDROPS=1 -DCUTS=0", quick=True),
        Search("-DCUTS=1 -DEARLY=1", cycles=True), Search("-DKILLS=1 -DCUTS=0", cycles=True),
    ], [
        Rule("ANSWER_SESSION", "order"), Rule("GAP", "order", "-DDROPS=1 -DCUTS=0"),
        Rule("WAIT_FOR_CREDIT", "credit", "-DCUTS=0"),
        Rule("CREDIT", "known", "-DCUTS=0"), Rule("BEAT", "known", "-DDROPS=1 -DCUTS=0"), Rule("ALL_AGAIN", "known"),
        Rule("RECONNECT", ENDS, cycle=True),
    ]),
    Model("barrier", {
        "kept": "who was there all the time is in all that is written: nothing is deleted before the barrier",
        "stale": "no stale CONFIG wins, and no deleted owner comes back",
        "judged": "no job goes out whose ticket the publisher cannot judge",
        "acknowledged": "every owner is acknowledged in the end",
        "converges": "what is stored is what the cluster says in the end, whatever was killed or wiped",
        ENDS: "every run comes to rest",
    }, [
        Search("", quick=True), Search("-DCUTS=1"), Search("-DRESOLVERS=1"), Search("-DPUBLISHERS=1 -DWIPES=1"), Search("-DLOSSES=1"),
        Search("-DCALM_START -DEDITS=2 -DLOSSES=1", quick=True), Search("-DCALM_START -DCUTS=1 -DLOSSES=1"),
        Search("-DCALM_START -DRESOLVERS=1 -DPUBLISHERS=1"), Search("-DCALM_START -DCUTS=1 -DEDITS=2"),
        Search("-DCALM_START -DCUTS=1", cycles=True), Search("-DCALM_START -DLOSSES=1", cycles=True),
    ], [
        Rule("BARRIER", "kept", "-DEDITS=0"), Rule("COMPLETE", "kept", "-DEDITS=0"),
        Rule("STAMP", "stale", "-DCALM_START -DLOSSES=1"), Rule("TOMBSTONE", "stale", "-DCALM_START -DLOSSES=1"),
        Rule("FLOOR", "stale", "-DCALM_START -DLOSSES=1"), Rule("FLOOR_FOR_UNKNOWN", "stale", "-DHIDDEN_START -DEDITS=2 -DLOSSES=1", instead=True),
        Rule("KEY", "stale", "-DCALM_START -DPUBLISHERS=1 -DLOSSES=1"),
        Rule("KEY_FIRST", "judged", "-DCALM_START -DCUTS=1"),
        Rule("REDELIVERY", "acknowledged", "-DCALM_START -DLOSSES=1"), Rule("ACK", ENDS, "-DCALM_START -DEDITS=0"),
        Rule("SILENT_DROP", "converges", "-DCALM_START -DLOSSES=1"), Rule("ALL_AGAIN", "converges", "-DCALM_START -DPUBLISHERS=1"),
    ]),
    Model("tickets", {
        "given": "a hostile translator changes only owners whose bundles it was given under the present key",
        "stale": "no replay wins over what is newer, or raises a deleted owner",
        "withdrawn": "nothing that it made is left after its key is withdrawn",
        "acknowledged": "every owner is acknowledged in the end, whatever it sends",
        "converges": "all else is what the cluster says in the end",
    }, [
        Search("-DEDITS=1 -DFORGERIES=1", quick=True), Search("-DEDITS=2"), Search("-DEDITS=1 -DFORGERIES=1 -DWITHDRAWALS=1"),
        Search("-DEDITS=1 -DCUTS=1 -DSENDS=1"), Search("-DEDITS=1 -DGIFTS=2"),
        Search("-DEDITS=1 -DFORGERIES=1", cycles=True),
    ], [
        Rule("MAC", "given", "-DFORGERIES=1 -DSENDS=0 -DGIFTS=0"), Rule("TICKET_SAYS", "given", "-DEDITS=0 -DSENDS=1"),
        Rule("STAMP", "stale", "-DEDITS=1"), Rule("FLOOR", "stale", "-DEDITS=1"), Rule("TOMBSTONE", "stale", "-DEDITS=1"),
        Rule("OUT_AGAIN", "withdrawn", "-DEDITS=0 -DWITHDRAWALS=1"),
        Rule("REDELIVERY", "acknowledged", "-DEDITS=0 -DSENDS=0"), Rule("ALL_AGAIN", "converges", "-DEDITS=1 -DCUTS=1 -DSENDS=0"),
    ]),
    Model("waiting", {
        "value": "a configuration gets the value that it was made for, never another one of the same Secret",
        "converges": "every owner has the present value in the end",
        "acknowledged": "every owner is acknowledged in the end",
        ENDS: "nothing is asked for, or sent again, for ever",
    }, [
        Search("", quick=True), Search("-DCUTS=1 -DROTATIONS=1 -DSWEEPS=2"), Search("-DLOSSES=1 -DROTATIONS=1", quick=True),
        Search("", cycles=True),
    ], [
        Rule("HMAC", "value"), Rule("REDELIVERY", "acknowledged", "-DLOSSES=1"), Rule("ROOM", "converges"), Rule("KEEP", "converges"),
        Rule("ASK_AGAIN", ENDS), Rule("PACE", ENDS, cycle=True),
    ]),
    Model("jobs", {
        "settled": "every owner is acknowledged in the end, or set aside because it kills translators",
        "innocent": "no owner is set aside for what others do: neighbours, cuts, one hostile translator",
        ENDS: "no owner goes round for ever",
    }, [
        Search("-DLOSSES=2", quick=True), Search("-DPOISON -DLIMIT=7", quick=True), Search("-DPOISON -DEDITS=1"), Search("-DHOSTILE -DLIMIT=4"),
        Search("-DSTUCK -DEDITS=1", quick=True), Search("-DSTUCK -DONE_KEY", quick=True), Search("-DSLOW", quick=True), Search("-DCUTS=2"),
        Search("-DHOSTILE -DCUTS=1 -DCAPPED -DLIMIT=4"), Search("-DPOISON", cycles=True),
    ], [
        Rule("LOST", "settled", "-DLOSSES=1"), Rule("COPY", "settled", "-DSTUCK"), Rule("ONLY_OTHER_KEY", "settled", "-DSTUCK -DONE_KEY", instead=True),
        Rule("SET_ASIDE", "settled", "-DPOISON"), Rule("RETRY", "settled", "-DPOISON -DEDITS=1"),
        Rule("ALONE", "innocent", "-DPOISON"), Rule("TWO_KEYS", "innocent", "-DHOSTILE -DCUTS=1 -DCAPPED"),
        Rule("REVOKE", "innocent", "-DHOSTILE -DCUTS=1 -DCAPPED"),
        Rule("LATE_COUNTS", ENDS, "-DSLOW"), Rule("AVOID", ENDS, "-DHOSTILE -DLIMIT=4"), Rule("MOMENT", ENDS, "-DPOISON"),
    ]),
    Model("lease", {
        "leader": "who thinks that it leads holds the lease, unless the databroker was wiped and it has not heard",
        "writer": "at most one writes: a Put is sent by the holder of the lease only, but for that",
        ENDS: "what a late Put or a wipe spoilt is repaired, and all comes to rest",
    }, [
        Search("-DTICKS=5 -DLOSSES=1"), Search("-DTICKS=4", quick=True), Search("-DTICKS=7"), Search("-DWIPES=1 -DTICKS=3"), Search("-DKILLS=1 -DTICKS=5"),
        Search("-DTICKS=5", cycles=True), Search("-DWIPES=1 -DTICKS=1", cycles=True),
    ], [
        Rule("SENT", "leader", "-DTICKS=6"), Rule("MARGIN", "leader", "-DTICKS=6"), Rule("EXPIRY", "leader", "-DTICKS=6"),
        Rule("CHECK", "writer", "-DTICKS=5"), Rule("VOID", "leader", "-DWIPES=1 -DTICKS=1"),
        Rule("FOLLOW", ENDS, "-DTICKS=6", cycle=True),
    ]),
    Model("resolvers", {
        "well": "a resolver that is well is never replaced by another one",
        "voice": "nothing counts but what comes from the one that is listened to",
        "converges": "one is listened to in the end, and all that it says is known",
    }, [
        Search("-DCHANGES=1"), Search("-DCHANGES=1 -DKILLS=0", quick=True), Search("-DCHANGES=1 -DFREEZES=2 -DKILLS=0"),
        Search("-DCHANGES=1 -DKILLS=0", cycles=True),
    ], [
        Rule("PROBE", "well"), Rule("PRESENT", "voice"), Rule("FRESH_KEY", "voice"), Rule("SILENCE", "converges"),
    ]),
]


class Failure(Exception):
    pass


def run(command, folder, **more):
    return subprocess.run(["nice", *command], cwd=folder, capture_output=True, text=True, errors="replace", **more)


def build(model, flags, folder, count, cycles, breadth):
    for path in HERE.glob("*.pml"):
        shutil.copy(path, folder)
    made = run(["spin", "-a", *flags.split(), *(["-DCOUNT"] if count else []), f"{model.name}.pml"], folder)
    if not (folder / "pan.c").exists():
        raise Failure(made.stdout + made.stderr)
    kind = ["-DNP"] if cycles else ["-DSAFETY"] + (["-DBFS"] if breadth else [])
    done = run(["gcc", "-O1" if breadth else "-O2", "-w", "-DCOLLAPSE", f"-DMEMLIM={MEMORY}", *kind, "-o", "pan", "pan.c"], folder)
    if done.returncode:
        raise Failure(done.stderr[:2000])
    return run(["./pan", "-m1000000", *(["-l"] if cycles else [])], folder).stdout


def story(model, flags, folder):
    """What happened on the way to the error: the lines that the model says, and the place where it ends."""
    told = run(["spin", "-t", *flags.split(), f"{model.name}.pml"], folder).stdout
    said = [line.strip() for line in told.splitlines() if re.match(r" +[a-z]+( \d)?: |tick| {2,}tick", line) and "spin:" not in line]
    place = re.search(r"spin: (?:\S*/)?(\w+\.pml):(\d+), Error: assertion violated", told)
    return said, place and (place[1], int(place[2]))


def promise_at(place):
    line = (HERE / place[0]).read_text().splitlines()[place[1] - 1]
    found = re.search(r"PROMISE\((\w+),", line)
    return found and found[1]


def search(model, what):
    """(states, names that were seen, seconds)"""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sluice-model-") as name:
        folder = pathlib.Path(name)
        text = build(model, what.flags, folder, not what.cycles, what.cycles, False)
        states = re.search(r"(\d+(?:\.\d+)?(?:e\+\d+)?) states, stored", text)
        if "errors: 0" in text and states and "Search not completed" not in text and "depth too small" not in text:
            return int(float(states[1])), set(re.findall(r"(?m)^SEEN (\w+)", text)), time.monotonic() - begun
        said, place = story(model, what.flags, folder)
        raise Failure(f"{model.name} {what.flags}: {text[-1500:]}\n" + "\n".join(said) + f"\n{place}")


def violate(model, rule, tell=False):
    """Length of the run that breaks the promise of this rule, and how it goes."""
    with tempfile.TemporaryDirectory(prefix="sluice-model-") as name:
        folder = pathlib.Path(name)
        flags = f"{rule.define} {rule.flags}"
        text = build(model, flags, folder, False, rule.cycle, not rule.cycle)
        depth = re.search(r"(?:assertion violated.*|non-progress cycle) \(at depth (\d+)\)", text)
        if not depth:
            raise Failure(f"{model.name}: nothing breaks without {rule.name}: {text[-800:]}")
        said, place = story(model, flags, folder)
        broken = ENDS if "non-progress" in depth[0] else place and promise_at(place)
        if broken != rule.promise:
            raise Failure(f"{model.name}: without {rule.name} {broken} breaks, not {rule.promise}:\n" + "\n".join(said))
        return int(depth[1]), said


def sources(model):
    """The files that a model is made of, by name."""
    text = (HERE / f"{model.name}.pml").read_text()
    files = [f"{model.name}.pml"] + re.findall(r'#include "(\w+\.pml)"', text)
    return {name: (HERE / name).read_text() for name in files if name != "common.pml"}


def faults_of_table(model):
    """Table and model know the same rules and promises, and each promise is broken by some rule."""
    text = "".join(sources(model).values())
    for rule in model.rules:
        if not re.search(rf"\b{rule.define[2:]}\b", text):
            yield f"{model.name}: there is no rule {rule.name} in the model"
    for promise in set(re.findall(r"PROMISE\((\w+),", text)) | set(model.promises):
        if promise in model.promises and not any(r.promise == promise for r in model.rules):
            yield f"{model.name}: no rule breaks {promise}"


def unused_rules():
    known = {r.define[2:] for m in MODELS for r in m.rules}
    for path in HERE.glob("*.pml"):
        for name in set(re.findall(r"#(?:ifn?def|elif defined)\W+(NO_\w+)", path.read_text())) - known - {"NO_RULE"}:
            yield f"{path.name}: {name} is never taken out"


def never_reached(seen):
    """SEEN of a file that several models are made of may be reached in any of them."""
    for name in {name for m in seen for name in sources(m)}:
        reached = set().union(*(names for m, names in seen.items() if name in sources(m)))
        for missing in sorted(set(re.findall(r"SEEN\((\w+)\)", (HERE / name).read_text())) - reached):
            yield f"{name}: {missing} is never reached"


class Report:
    def __init__(self, verbose):
        self.verbose = verbose
        self.n_failed = 0
        self.seen = {}

    def fail(self, text):
        self.n_failed += 1
        print(f"FAILED {text}", flush=True)

    def result(self, job):
        try:
            return job.result()
        except Failure as failure:
            self.fail(failure)
            return None

    def model(self, model, searches, rules):
        states, broken = 0, {}
        self.seen[model] = set()
        for what, job in searches:
            n, names, seconds = self.result(job) or (0, set(), 0)
            states += n
            self.seen[model] |= names
            if self.verbose:
                print(f"  {model.name} {what.flags}{' cycles' if what.cycles else ''}: {n:,} states, {seconds:.0f} s", flush=True)
        for rule, job in rules:
            found = self.result(job)
            if found:
                broken.setdefault(rule.promise, []).append(f"{rule.name} ({found[0]})")
        for promise, sentence in model.promises.items():
            print(f"{model.name}: {sentence}: {states:,} states; broken without {', '.join(broken.get(promise, ['-']))}", flush=True)


def first_of_each_promise(rules):
    return list({r.promise: r for r in reversed(rules)}.values())


def start(pool, wanted, quick):
    for model in MODELS:
        if not wanted or model.name in wanted:
            yield (model, [(s, pool.submit(search, model, s)) for s in model.searches if s.quick or not quick],
                   [(r, pool.submit(violate, model, r)) for r in (first_of_each_promise(model.rules) if quick else model.rules)])


def main(arguments):
    quick = "--quick" in arguments
    wanted = [a for a in arguments if not a.startswith("-")]
    if "--trail" in arguments:
        model = next(m for m in MODELS if m.name == wanted[0])
        print("\n".join(violate(model, next(r for r in model.rules if r.name == wanted[1]))[1]))
        return 0
    begun = time.monotonic()
    report = Report("-v" in arguments)
    for fault in [*unused_rules(), *(f for m in MODELS for f in faults_of_table(m))]:
        report.fail(fault)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for model, searches, rules in list(start(pool, wanted, quick)):
            report.model(model, searches, rules)
    for fault in [] if quick or wanted else never_reached(report.seen):
        report.fail(fault)
    print(f"{len(report.seen)} models, {report.n_failed} failed, {time.monotonic() - begun:.0f} s")
    return 1 if report.n_failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
