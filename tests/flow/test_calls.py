"""docs/system-calls.md: what each room may call is what the table says, and what it calls is in there."""
import os
import pathlib
import re
import shutil
import subprocess
import urllib.request

import pytest

from pipeline import Rooms, app, fill, free_port, wait_for, write

ROOT = pathlib.Path(__file__).parent.parent.parent
TABLE, PAGE = ROOT / "common/confine/calls.c", ROOT / "docs/system-calls.md"
ROOMS = ["watcher", "resolver", "translator", "publisher"]
MOST = 40  # of translator and resolver over ipc
ELSEWHERE = {"ppoll", "epoll_pwait"}  # on processors without poll and epoll_wait
WORDS = {"tcp": "with TCP", "client": "as a client"}


def rows(array):
    """(name, who as names, the rest of the row) of one array of the table."""
    text = TABLE.read_text()
    names = dict(re.findall(r"#define (\w+) ([\w()| ]+?)(?: /\*.*)?\n", text))
    part = text.split(f"{array}[] = {{")[1].split("\n};")[0]

    def who(expression):
        for room, trait, macro in re.findall(r"CONFINE_OF\(ROOM_(\w+)\)|CONFINE_(TCP|CLIENT)\b|(\w+)", expression):
            if macro:
                yield from who(names[macro])
            else:
                yield (room or trait).lower()

    for row in re.findall(r"\{ (\"\w+\",[^}]*?) \}", re.sub(r"\s+", " ", part)):
        name, expression, *rest = [field.strip() for field in row.split(",")]
        yield name.strip('"'), set(who(expression)), rest


def condition(rest):
    if not rest:
        return ""
    arg, mask, value = rest[:3]
    if mask == "ANY_BIT":
        return f"argument {arg} is {'the process itself' if value == 'CONFINE_SELF' else value}"
    return f"argument {arg} {'without' if value == '0' else 'with'} {mask}"


def allowed():
    """{call: {room or trait: condition}}"""
    calls = {}
    for name, who, rest in rows("confine_allowed"):
        for each in who:
            conditions = calls.setdefault(name, {}).setdefault(each, [])
            conditions.append(condition(rest))
    return {name: {each: "" if "" in c else " or ".join(c) for each, c in who.items()} for name, who in calls.items()}


def may(room):
    """What it may call over ipc, asking no server."""
    return {name for name, who in allowed().items() if room in who} - ELSEWHERE


def test_the_table_is_read_right():
    calls = allowed()
    assert calls["read"].keys() == {*ROOMS} and calls["setitimer"].keys() == {"translator"}
    assert calls["socket"]["resolver"] == "argument 0 is AF_UNIX" and calls["bind"].keys() == {"tcp", "client"}
    assert calls["mmap"]["publisher"] == "argument 2 without PROT_EXEC"
    assert len(calls) > 80 and "execve" not in calls and "ptrace" not in calls


@pytest.mark.parametrize("room", ["translator", "resolver"])
def test_few_calls_are_left(room):
    assert len(may(room)) <= MOST


# ---- what they call ----

CALL = re.compile(r"^\d+ +(\w+)\(")


def made(trace):
    """Calls after the filter was set, by any thread; None: it has not ended yet."""
    lines = trace.read_text(errors="replace").splitlines()
    if not any("exit_group(" in line for line in lines):
        return None
    start = max(i for i, line in enumerate(lines) if "seccomp(" in line)
    return {found[1] for line in lines[start + 1:] if (found := CALL.match(line))}


class Traced(Rooms):
    """The first process of each room is followed by a strace of its own, which is nobody's parent."""

    def start(self, room, *args):
        trace = self.out.parent / f"{room}.strace"
        return super().start(room, *args, under=[] if trace.exists() else ["strace", "-D", "-f", "-qq", "-o", str(trace)])


@pytest.fixture(scope="module")
def seen(build, sluice, tmp_path_factory):
    """Of each room: what it called while manifests changed, a worker went, and somebody looked on."""
    if build.name != "build" or not shutil.which("strace"):
        pytest.skip("strace does not follow a sanitizer")
    tmp = tmp_path_factory.mktemp("calls")
    port = free_port()
    fill(tmp / "in", 20)
    with Traced(build, tmp, tmp / "in", 1, resolver=[f"--metrics-bind-address=127.0.0.1:{port}"]) as rooms:
        rooms.settled(sluice, tmp / "in", 60)
        other = rooms.start("translator")
        for i in range(3):
            write(tmp / f"in/more-{i}.yaml", app(f"more-{i}", f"10.1.0.{i + 1}"))
            rooms.settled(sluice, tmp / "in", 60)
        rooms.end(other)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
            assert b"process_open_fds" in answer.read()
        for verb in ("routes", "dump"):
            subprocess.run([sluice, verb, "--run-dir", str(rooms.run_dir)], capture_output=True, timeout=60)
    return {room: wait_for(f"the end of {room}", lambda: made(tmp / f"{room}.strace"), 20) for room in ROOMS}


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_called_is_in_the_table(seen, room):
    refused = {name for name, who, _ in rows("confine_refused") if room in who}
    assert len(seen[room]) > 15
    assert seen[room] - may(room) - refused == set()


# ---- the page ----

def cell(name, who, room, is_seen):
    if room in who:
        return "on arm64" if name in ELSEWHERE else "**made**" if is_seen else "may"
    traits = [WORDS[t] for t in WORDS if t in who and (t != "client" or room in ("watcher", "publisher"))]
    return " or ".join(traits)


def only(who):
    """The conditions, and for whom, if others have none or another one."""
    groups = {}
    for each, text in sorted(who.items()):
        groups.setdefault(text, []).append(WORDS.get(each, each))
    return "; ".join(text + (f" ({', '.join(names)})" if len(groups) > 1 else "") for text, names in sorted(groups.items()) if text)


def table(marks):
    """Lines of the table; `marks` says whether a room made a call."""
    lines = ["| call | " + " | ".join(ROOMS) + " | only |", "| --- " * 6 + "|"]
    for name, who in sorted(allowed().items()):
        lines.append(f"| `{name}` | " + " | ".join([*(cell(name, who, room, marks(name, room)) for room in ROOMS), only(who)]) + " |")
    return lines


def test_the_page(request):
    """CALLS=1 writes its table anew, with what this run has seen."""
    text = PAGE.read_text()
    if os.environ.get("CALLS"):
        seen = request.getfixturevalue("seen")
        head = text.split("| call |")[0]
        PAGE.write_text(head + "\n".join(table(lambda name, room: name in seen[room])) + "\n")
        text = PAGE.read_text()
    shown = [line.replace("**made**", "may") for line in text.splitlines() if line.startswith("|")]
    assert shown == table(lambda name, room: False), "run it with CALLS=1"
