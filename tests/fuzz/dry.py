#!/usr/bin/env python3
"""Runs each fuzzer until 5 million inputs in a row have reached no new edge, or for half an hour.

usage: dry.py [-j N] [NAME...]   all of them, or those with a NAME in their name; FUZZ_BUILD has them

What is found is kept in a folder in /tmp that the line of the fuzzer names; an input that breaks it is there, too.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from run import FUZZ_BUILD, fuzz_command, fuzzers  # noqa: E402

SECONDS, DRY = 1800, 5_000_000


def run(program):
    """(whether it is clean, what there is to say)"""
    name, found, began = program.name.removeprefix("fuzz_"), tempfile.mkdtemp(prefix="sluice-fuzz-"), time.monotonic()
    process = subprocess.Popen(fuzz_command(program, found, SECONDS), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, errors="replace")
    inputs = edges = first = newest = 0
    said = []
    for line in process.stderr:
        said = [*said[-40:], line]
        status = re.match(r"#(\d+)\s+(\w+)(?:\s+cov: (\d+))?", line)
        if not status:
            continue
        inputs = int(status[1])
        if int(status[3] or 0) > edges:
            edges, newest = int(status[3]), inputs
        if status[2] == "INITED":
            first = edges
        if inputs - newest >= DRY:
            process.terminate()
    is_dry = inputs - newest >= DRY
    clean = process.wait() == 0 or is_dry
    line = f"{name}: {inputs} inputs in {time.monotonic() - began:.0f} s, {first} edges, then {edges}, none new in the last {inputs - newest}; {found}"
    return clean, line if clean else line + "\n" + "".join(said)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    programs = [FUZZ_BUILD / name for name in fuzzers("") if not args.names or any(word in name for word in args.names)]
    all_clean = bool(programs)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for clean, line in pool.map(run, programs):
            print(line if clean else f"BROKEN {line}", flush=True)
            all_clean &= clean
    return 0 if all_clean else 1


if __name__ == "__main__":
    sys.exit(main())
