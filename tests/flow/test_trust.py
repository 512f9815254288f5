"""Who speaks for whom: a translator that was taken over, a second resolver, strangers. Each test names what shows why."""
import contextlib
import datetime
import json
import os
import re
import signal
import subprocess
import sys

import pytest
import zmq
from curve import CurveRooms, pair
from peer import INVENTORY, RESOLVER, TRANSLATOR, Peer
from pipeline import Rooms, app, fill, read, wait_for, write
from pod import UNSHARE, possible
from web import socket_file, value

N = 20


@pytest.fixture
def folder(tmp_path):
    fill(tmp_path / "in", N)
    return tmp_path / "in"


def counted(rooms, name, **labels):
    return value(socket_file(rooms.run_dir, "publisher"), name, **labels)


def routes(rooms):
    return json.loads(read(rooms.out))["routes"]


def test_a_key_of_a_translator_is_no_resolver(sluice, build, tmp_path, folder):
    """An empty INVENTORY of somebody else would empty the configuration."""
    with CurveRooms(build, tmp_path, folder, n_keys=2) as rooms, zmq.Context() as context:
        rooms.worker(0)
        rooms.settled(sluice, folder, 20)
        # On the link of resolvers: its key is not one of theirs.
        with Peer(context, rooms.state, RESOLVER, rooms.pairs[1], rooms.server_pub) as peer:
            assert peer.hello(seconds=1) is None
            wait_for(rooms.log, lambda: re.search(r'"connection refused" link=state .*or not as one of the room that connects here', rooms.log()), 20)
            assert counted(rooms, "sluice_peers_refused_total", reason="key") >= 1
        # On its own link it is a translator, whatever it says.
        with Peer(context, rooms.configs, RESOLVER, rooms.pairs[1], rooms.server_pub) as peer:
            assert peer.hello(seconds=1) is None
            wait_for("it is counted", lambda: counted(rooms, "sluice_frames_malformed_total", link="configs") >= 1)
        with Peer(context, rooms.configs, TRANSLATOR, rooms.pairs[1], rooms.server_pub) as peer:
            assert peer.hello()
            peer.send(INVENTORY, [peer.epoch, 0, 0, True, True, True, []])
            wait_for(rooms.log, lambda: "INVENTORY is not for a publisher" in rooms.log())
        assert len(routes(rooms)) == N
        write(folder / "new.yaml", app("new", "10.9.9.9"))
        rooms.settled(sluice, folder, 20)
        assert rooms.log().count('msg="peer is up" link=state peer=resolver') == 1


def test_a_second_resolver_waits_while_the_first_lives(sluice, build, tmp_path, folder):
    """With a good key."""
    key = pair()
    with CurveRooms(build, tmp_path, folder, others=[f"resolver {key[0]}"]) as rooms, zmq.Context() as context:
        rooms.worker(0)
        rooms.settled(sluice, folder, 20)
        with Peer(context, rooms.state, RESOLVER, key, rooms.server_pub) as peer:
            assert peer.hello(seconds=1) is None
            peer.send(INVENTORY, [peer.epoch, 0, 0, True, True, True, []])
            wait_for("it is counted", lambda: counted(rooms, "sluice_peers_refused_total", reason="second") == 1)
            write(folder / "new.yaml", app("new", "10.9.9.9"))
            rooms.settled(sluice, folder, 20)
        assert rooms.log().count('msg="peer is up" link=state peer=resolver') == 1
        with Peer(context, rooms.configs, RESOLVER, key, rooms.server_pub) as peer:  # it is no translator
            assert peer.hello(seconds=1) is None
            assert counted(rooms, "sluice_peers_refused_total", reason="key") >= 1


def seconds(log, text):
    """When the line with this text was written."""
    (line,) = [line for line in log.splitlines() if text in line]
    return datetime.datetime.fromisoformat(re.match(r"ts=(\S+)Z", line)[1]).timestamp()


def test_the_second_takes_over_as_soon_as_the_first_is_killed(sluice, build, tmp_path, folder):
    with Rooms(build, tmp_path, folder, 1) as rooms:
        rooms.settled(sluice, folder, 20)
        rooms.start("resolver", "--objects-endpoint", f"ipc://{tmp_path}/objects", "--jobs-endpoint", f"ipc://{tmp_path}/jobs")
        waits = 'room=publisher msg="a second peer has to wait until the first is gone" link=state peer=resolver'
        wait_for(rooms.log, lambda: waits in rooms.log(), 20)
        rooms.end(rooms.processes[1], signal.SIGKILL)
        down, up = 'room=publisher msg="peer is down" link=state peer=resolver', 'room=publisher msg="peer is up" link=state peer=resolver'
        wait_for(rooms.log, lambda: rooms.log().count(up) == 2, 20)
        first, second = rooms.log().split(down)
        assert up in first and up in second
        assert seconds(second, up) - seconds(rooms.log(), down) < 0.1
        assert len(routes(rooms)) == N  # it has told of nothing yet


def test_a_crowd_of_one_key_leaves_room_for_others(sluice, build, tmp_path, folder):
    with CurveRooms(build, tmp_path, folder, n_keys=2) as rooms, zmq.Context() as context, contextlib.ExitStack() as stack:
        first, _ = rooms.worker(0)
        rooms.settled(sluice, folder, 20)
        one_more = lambda: stack.enter_context(Peer(context, rooms.configs, TRANSLATOR, rooms.pairs[1], rooms.server_pub))
        served = []
        for _ in range(64):  # one after the other: so many strangers at once would be shut down in the handshake
            served.append(one_more())
            assert served[-1].hello(seconds=10)
        waiting = [one_more() for _ in range(6)]
        for peer in waiting:
            peer.hello(seconds=0)
        wait_for("they are counted", lambda: counted(rooms, "sluice_peers_refused_total", reason="crowd") == 6, 20)
        assert not any(peer.socket.poll(0) for peer in waiting)
        rooms.worker(0)
        rooms.end(first)
        write(folder / "new.yaml", app("new", "10.9.9.9"))
        rooms.settled(sluice, folder, 20)
        assert rooms.log().count("there are as many as there may be") == 1
        served[0].socket.close()  # and so there is room for one
        assert wait_for("one of those that waited", lambda: any([p.hello(seconds=0.2) for p in waiting]), 20)


# A process whose view of a folder is read-only.
READ_ONLY = 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; shift; exec "$@"'
# What a translator could do to the sockets of others, each with what came of it.
ATTEMPTS = """
import errno, os, socket, sys
folder = sys.argv[1]
for attempt in (lambda: os.unlink(folder + "/jobs"), lambda: os.rename(folder + "/jobs", folder + "/x"),
                lambda: os.symlink("/dev/null", folder + "/x"), lambda: socket.socket(socket.AF_UNIX).bind(folder + "/x")):
    try:
        attempt()
        print("done")
    except OSError as e:
        print(errno.errorcode[e.errno])
socket.socket(socket.AF_UNIX).connect(folder + "/jobs")
print("connected")
"""


@pytest.mark.skipif(not possible(), reason="no mounts of our own here")
def test_a_translator_needs_its_sockets_to_connect_only(sluice, build, tmp_path, folder):
    """As in deploy/: jobs and configs are in a folder that is read-only there, and it has one of its own for its tap."""
    work, own = tmp_path / "work", tmp_path / "own"
    work.mkdir(), own.mkdir()
    under = [*UNSHARE, "sh", "-euc", READ_ONLY, "sh", str(work)]
    ends = {link: [f"--{link}-endpoint", f"ipc://{work}/{link}"] for link in ("jobs", "configs")}
    with Rooms(build, tmp_path, folder, 0, resolver=ends["jobs"], publisher=ends["configs"],
               translator=["--run-dir", str(own), *ends["jobs"], *ends["configs"]], settings=[*ends["jobs"], *ends["configs"]]) as rooms:
        rooms.start("translator", under=under)
        rooms.settled(sluice, folder, 20)
        done = subprocess.run([*under, sys.executable, "-c", ATTEMPTS, str(work)], capture_output=True, text=True, timeout=20)
        assert done.stdout.split() == ["EROFS"] * 4 + ["connected"], done.stderr
        assert sorted(os.listdir(own)) == sorted(f"{kind}-translator-{rooms.processes[-1].pid}" for kind in ("tap", "web"))
