#!/usr/bin/env python3
"""Runs the tests and ends with one line, `N passed, N failed[, N skipped]`.

usage: run.py [NAME]           all of them, or those with NAME in their name
       run.py --needs NAME     the targets that make must build before

Suites: unit (cmocka programs in BUILD/tests/unit), fuzz (libFuzzer programs in FUZZ_BUILD/fuzz, FUZZ_SECONDS each, from
their kept corpora), and everything that pytest finds below tests/ (golden, flow, cluster). If NAME is that of a unit test
or of a fuzzer, pytest starts only if a file, a test or a golden case of it has NAME in its name too.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).parent.parent
BUILD = ROOT / os.environ.get("BUILD", "build")
FUZZ_BUILD = ROOT / os.environ.get("FUZZ_BUILD", "build/fuzz")
TRYING = ["crashing_translator", *(f"probing_{room}" for room in ("watcher", "resolver", "translator", "publisher"))]
FUZZ_SECONDS = os.environ.get("FUZZ_SECONDS", "20")


class Tally:
    passed = failed = skipped = 0

    def add(self, good, name, text=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {name}\n{text}", flush=True)


def units(wanted):
    """As tests/unit/<room>/test_<module>."""
    names = (str(p.relative_to(ROOT).with_suffix("")) for p in sorted(ROOT.glob("tests/unit/**/test_*.c")))
    return [name for name in names if wanted in name]


def fuzzers(wanted):
    """As fuzz/<room>/fuzz_<what>."""
    names = (f"fuzz/{p.parent.name}/{p.stem}" for p in sorted(ROOT.glob("tests/fuzz/*/fuzz_*.c")))
    return [name for name in names if wanted in name]


def pytest_names():
    for path in ROOT.glob("tests/*/test_*.py"):
        yield str(path.relative_to(ROOT))
        yield from re.findall(r"(?m)^ *(?:def|class) (\w+)", path.read_text())
    for path in ROOT.glob("tests/golden/cases/*/*"):
        yield f"{path.parent.name}/{path.name}"


def is_for_pytest(wanted):
    if units(wanted) or fuzzers(wanted):
        return any(wanted.lower() in name.lower() for name in pytest_names())
    return True  # it may be a parameter, which pytest alone knows


def needs(wanted):
    return ([str(BUILD.relative_to(ROOT) / name) for name in units(wanted)] + [pathlib.Path(name).name for name in fuzzers(wanted)]
            + (["bins", str(BUILD.relative_to(ROOT) / "tests/failing/failing.so"), *(str(BUILD.relative_to(ROOT) / "tests/flow" / name) for name in TRYING)] if is_for_pytest(wanted) else []))


def run_units(tally, wanted):
    for name in units(wanted):
        program = BUILD / name
        done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=600,
                              env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"})
        good = len(re.findall(r"(?m)^ok ", done.stdout))
        bad = len(re.findall(r"(?m)^not ok ", done.stdout))
        tally.passed += good
        if done.returncode and not bad or not good + bad:
            bad = 1  # it died, or ran no test
        tally.failed += bad
        print(f"unit {program.parent.name}/{program.name}: {good} passed, {bad} failed", flush=True)
        if bad:
            print(done.stdout + done.stderr)


def fuzz_command(program, found, seconds, *options):
    """`found`: a folder for new inputs, and for one that breaks it."""
    kept = ROOT / "tests/fuzz/corpus" / program.name.removeprefix("fuzz_")
    return [program, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", f"-artifact_prefix={found}/", *options, found, kept]


def run_fuzzers(tally, wanted):
    programs = [FUZZ_BUILD / name for name in fuzzers(wanted) if (FUZZ_BUILD / name).exists()]
    workers = os.cpu_count() or 2
    for i in range(0, len(programs), workers):
        commands = [fuzz_command(p, tempfile.mkdtemp(prefix="sluice-fuzz-"), FUZZ_SECONDS, "-verbosity=0", "-print_final_stats=1")
                    for p in programs[i:i + workers]]
        running = [(c[0], subprocess.Popen(c, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")) for c in commands]
        for program, process in running:
            text, _ = process.communicate(timeout=600)
            runs = re.search(r"number_of_executed_units: (\d+)", text)
            good = process.returncode == 0 and runs is not None
            tally.add(good, f"fuzz/{program.parent.name}/{program.name}", text[-4000:])
            if good:
                print(f"fuzz {program.name}: {runs[1]} inputs in {FUZZ_SECONDS} s", flush=True)


def run_pytest(tally, wanted):
    folder = tempfile.mkdtemp(prefix="st-")  # pytest's own grow longer, and the paths of sockets are short
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "-rs", "-p", "no:cacheprovider", f"--basetemp={folder}/p",
                   f"--junitxml={report.name}", "tests"]
        status = subprocess.run(command + (["-k", wanted] if wanted else []), cwd=ROOT).returncode
        if status == 5:  # nothing of that name
            return
        if status > 1:
            tally.add(False, "pytest", f"exit status {status}")
            return
        suite = xml.parse(report.name).getroot().find("testsuite")
    total, skipped = int(suite.get("tests")), int(suite.get("skipped"))
    failed = int(suite.get("failures")) + int(suite.get("errors"))
    tally.passed += total - skipped - failed
    tally.failed += failed
    tally.skipped += skipped
    if not failed:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    if sys.argv[1:2] == ["--needs"]:
        print(*needs(sys.argv[2]))
        return 0
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    tally = Tally()
    run_units(tally, wanted)
    if is_for_pytest(wanted):
        run_pytest(tally, wanted)
    run_fuzzers(tally, wanted)
    if not tally.passed + tally.failed:
        print(f"no test has {wanted!r} in its name")
        tally.failed = 1
    print(f"{tally.passed} passed, {tally.failed} failed" + (f", {tally.skipped} skipped" if tally.skipped else ""))
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
