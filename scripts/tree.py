"""What the checks of the tree share: the files that they look at, and how they end."""
import pathlib
import subprocess
import sys

ROOMS = ["watcher", "resolver", "translator", "publisher"]


def listed(*patterns):
    """The files that git knows and that are there."""
    names = subprocess.run(["git", "ls-files", *patterns], capture_output=True, text=True, check=True).stdout.split()
    return [p for p in map(pathlib.Path, names) if p.exists()]


def product():
    """Every .c and .h outside tests/."""
    return [p for p in listed("*.c", "*.h") if p.parts[0] != "tests"]


class Report:
    """One line for each fault, and a check that fails if there is one."""

    def __init__(self, name):
        self.name, self.faults = name, []

    def fault(self, where, text):
        self.faults.append(f"{where}: {text}")

    def end(self, good):
        if self.faults:
            print("\n".join(self.faults))
            print(f"{self.name}: {len(self.faults)} faults")
        else:
            print(f"{self.name}: {good}")
        sys.exit(1 if self.faults else 0)
