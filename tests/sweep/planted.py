#!/usr/bin/env python3
"""Plants one fault at a time into a copy of the tree, and lets the tool that should find it look for it.

usage: planted.py [--list] [NAME...]    all of planted/*.patch, or those with NAME in their name

A patch says above its first file which rule it breaks, where, and what finds it:

    rule: Numbers count once.
    broken: publisher/wanted/inventory.c, is_fresh: the number is not compared
    found by: sweep --faults orphan policy-changes-three-times

`sweep ARGS` is sweep.py as far as its first divergence, `walk ARGS` is walk.py, `model NAME` the searches of one model. A patch that does not
apply, or that does not compile, is an error, and so is a fault that nobody finds.
"""
import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).parent.parent.parent
PATCHES = ROOT / "tests/sweep/planted"
BUILD = ROOT / os.environ.get("BUILD", "build")
TREE = BUILD / "planted"
WORDS = ("rule", "broken", "found by")
SECONDS = 1200  # for one look


class Broken(Exception):
    """The patch, not the code."""


@dataclasses.dataclass
class Patch:
    path: pathlib.Path
    words: dict

    @property
    def name(self):
        return self.path.stem

    @property
    def tool(self):
        return self.words["found by"].split()[0]

    def apply(self, tree, *options):
        done = subprocess.run(["patch", "-p1", "--batch", "--fuzz=0", *options, "-i", self.path], cwd=tree, capture_output=True, text=True)
        if done.returncode:
            raise Broken(f"{self.name} does not apply any more: {done.stdout}{done.stderr}")

    def command(self):
        tool, *args = self.words["found by"].split()
        return {"sweep": ["tests/sweep/sweep.py", "--first", "--points", "0", *args], "walk": ["tests/walk/walk.py", *args], "model": ["tests/model/models.py", *args]}[tool]


def read(path):
    head = path.read_text().partition("\n--- ")[0]
    words = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    if tuple(words) != WORDS:
        raise Broken(f"{path.name} should begin with {', '.join(WORDS)}, and begins with {', '.join(words)}")
    return Patch(path, words)


def patches(wanted=()):
    return [p for p in map(read, sorted(PATCHES.glob("*.patch"))) if not wanted or any(word in p.name for word in wanted)]


def copy_tree():
    """Sources and what was built of them, with their times: only what a patch changes is compiled."""
    shutil.rmtree(TREE, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, TREE / name)
    (TREE / "build").mkdir()
    for path in BUILD.iterdir():
        if path.name in ("obj", "gen"):
            shutil.copytree(path, TREE / "build" / path.name, copy_function=shutil.copy2)
        elif path.is_file():
            shutil.copy2(path, TREE / "build" / path.name)


def build():
    done = subprocess.run(["make", f"-j{os.cpu_count()}", "BUILD=build", "bins"], cwd=TREE, capture_output=True, text=True)
    if done.returncode:
        raise Broken(f"it does not compile: {done.stdout[-1000:]}{done.stderr[-2000:]}")


def run(command, env):
    """In a session of its own, which ends with it: all that it has started does."""
    process = subprocess.Popen(command, cwd=TREE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", env=env, start_new_session=True)
    try:
        out, err = process.communicate(timeout=SECONDS)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def look(patch):
    """What the tool found, in a line; None: nothing."""
    env = {**os.environ, "BUILD": "build", "SWEEP_DEADLINE_S": "8"}
    done = run([sys.executable, *patch.command()], env)
    if not done.returncode:
        return None
    found = re.search(r"(?m)^(?:DIVERGES|FAILED) (.*(?:\n  .*)?)", done.stdout)
    if not found:
        raise Broken(f"{patch.name}: {patch.tool} ends with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
    place = re.search(r"(?m)^\('(\w+\.pml)', (\d+)\)$", done.stdout)
    if place:
        return f"a promise is broken at {place[1]}:{place[2]}"
    points = re.search(r"(?m)^(\d+) points, ", done.stdout)
    return f"{f'after {points[1]} points: ' if points else ''}{' '.join(found[1].split())[:220]}"


def plant(patch):
    patch.apply(TREE)
    try:
        if patch.tool != "model":
            build()
        return look(patch)
    finally:
        patch.apply(TREE, "--reverse")


def main(arguments):
    wanted = [a for a in arguments if not a.startswith("-")]
    if "--list" in arguments:
        print(*(f"{p.name}: {p.words['broken']}; {p.words['found by']}" for p in patches(wanted)), sep="\n")
        return 0
    began, n_found, n_bad, chosen = time.monotonic(), 0, 0, patches(wanted)
    copy_tree()
    build()
    for patch in chosen:
        since = time.monotonic()
        try:
            found = plant(patch)
        except (Broken, subprocess.TimeoutExpired) as error:
            n_bad += 1
            print(f"ERROR {patch.name}: {error}", flush=True)
            continue
        n_found += found is not None
        print(f"{'found' if found else 'NOT FOUND'} {patch.name}, by {patch.tool}, {time.monotonic() - since:.0f} s: {found or patch.words['found by']}", flush=True)
    print(f"{len(chosen)} faults planted, {n_found} found, {n_bad} errors, {time.monotonic() - began:.0f} s")
    return 0 if n_found == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
