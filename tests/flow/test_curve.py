"""Translators elsewhere: over tcp with CURVE. Keys that fit, keys that do not, keys that are withdrawn and changed while all runs."""
import os
import re
import signal
import subprocess
from pathlib import Path

import msgpack
import pytest
import zmq
from curve import CurveRooms, pair
from pipeline import app, fill, rejected_owners, wait_for, write

N = 40


def edit(folder, round_):
    for i in range(N):
        write(folder / f"app-{i}.yaml", app(f"app-{i}", f"10.{round_}.0.{i + 1}"))


def flags_around(pid, text):
    """Of each mapping of a process that holds this text, its flags as /proc/PID/smaps has them."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for entry in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", Path(f"/proc/{pid}/smaps").read_text())[1:]:
            begin, end = (int(x, 16) for x in entry.split(" ", 1)[0].split("-"))
            if " r" in entry and "Rss:                   0 kB" not in entry and end - begin < 1 << 30 and text.encode() in os.pread(memory.fileno(), end - begin, begin):
                found.append(re.search(r"VmFlags: (.*)", entry)[1].split())
    return found


def count(text, log):
    return len(re.findall(text, log))


@pytest.fixture
def folder(tmp_path):
    fill(tmp_path / "in", N)
    return tmp_path / "in"


@pytest.mark.parametrize("n", [1, 2, 4])
def test_workers_elsewhere(sluice, build, tmp_path, folder, n):
    with CurveRooms(build, tmp_path, folder) as rooms:
        workers = [rooms.worker()[0] for _ in range(n)]
        rooms.settled(sluice, folder, 20)
        edit(folder, 1)
        rooms.end(workers[0], signal.SIGKILL)  # in the middle of the work
        if n == 1:
            rooms.worker()
        rooms.settled(sluice, folder, 20)
    assert not rejected_owners(rooms.log())


def test_who_has_no_key_gets_nothing(sluice, build, tmp_path, folder):
    with CurveRooms(build, tmp_path, folder) as rooms, zmq.Context() as context:
        rooms.worker()
        rooms.settled(sluice, folder, 20)
        assert rooms.refused() == 0
        rooms.worker(keys=pair())
        rooms.worker(server_pub=pair()[0])
        wait_for(rooms.log, lambda: "our key is not one that may connect there" in rooms.log(), 20)
        wait_for(rooms.log, lambda: "server.pub may not fit" in rooms.log(), 20)
        strangers = [rooms.dealer(context, rooms.jobs, pair()), rooms.dealer(context, rooms.configs),
                     rooms.dealer(context, rooms.jobs, rooms.pairs[0], server_pub=pair()[0])]
        for s in strangers:
            s.send(msgpack.packb([1, 0, [1, 3, 4711, 16, 1]]))
        wait_for(rooms.log, lambda: re.search(r"connection refused.* address=127.0.0.1 reason=.*is not in clients.pub", rooms.log()), 20)
        wait_for("each is counted", lambda: rooms.refused() >= 4, 20)
        edit(folder, 1)
        rooms.settled(sluice, folder, 20)
        assert not any(s.poll(0) for s in strangers), "a stranger was answered"
        for s in strangers:
            s.close()
        for secret in (rooms.server_key, rooms.pairs[0][1]):
            assert secret not in rooms.log()
            around = [flags_around(p.pid, secret) for p in rooms.processes]
            assert any(around) and all("dd" in flags for found in around for flags in found), "a key is in no core"
        assert count("msg=\"peer is up\" link=jobs peer=translator", rooms.log()) == 1


def test_a_peer_of_another_version_with_a_good_key(sluice, build, tmp_path, folder):
    with CurveRooms(build, tmp_path, folder) as rooms, zmq.Context() as context:
        rooms.worker()
        rooms.settled(sluice, folder, 20)
        old = rooms.dealer(context, rooms.jobs, rooms.pairs[0])
        old.send(msgpack.packb([1, 0, [99, 3, 4711, 16, 1]]))
        assert old.poll(10000), "it is told which version is spoken here"
        kind, _, (protocol, *_, session) = msgpack.unpackb(old.recv())
        assert (kind, session) == (1, 0) and protocol != 99
        edit(folder, 1)
        rooms.settled(sluice, folder, 20)
        assert not old.poll(0), "it was given work"
        old.close()
    assert count("another version of the protocol", rooms.log()) == 1


def test_a_key_is_withdrawn_and_given_back(sluice, build, tmp_path, folder):
    with CurveRooms(build, tmp_path, folder, n_keys=2) as rooms:
        rooms.worker(0), rooms.worker(1)
        rooms.settled(sluice, folder, 20)
        wait_for(rooms.log, lambda: count("peer is up\" link=jobs peer=translator", rooms.log()) == 2, 20)
        rooms.pod.put(clients_pub=[rooms.pairs[0][0]])
        wait_for(rooms.log, lambda: count("peer cut off: its key was withdrawn", rooms.log()) == 2, 20)  # by resolver and publisher
        wait_for(rooms.log, lambda: "our key is not one that may connect there" in rooms.log(), 20)
        edit(folder, 1)
        rooms.settled(sluice, folder, 20)
        rooms.pod.put(clients_pub=[p for p, _ in rooms.pairs])
        wait_for(rooms.log, lambda: count("peer is up\" link=jobs peer=translator", rooms.log()) == 3, 20)
        edit(folder, 2)
        rooms.settled(sluice, folder, 20)
    assert not rejected_owners(rooms.log())


def test_all_keys_are_changed_while_all_runs(sluice, build, tmp_path, folder):
    """As PROTOCOL.md says under Keys: first what is expected, then what is shown, then the old ones go."""
    with CurveRooms(build, tmp_path, folder) as rooms:
        _, elsewhere = rooms.worker()
        rooms.settled(sluice, folder, 20)
        (old_pub, _), (new_pub, new_key) = rooms.pairs[0], pair()
        rooms.pod.put(clients_pub=[old_pub, new_pub])
        elsewhere.put(client_key=new_key)
        rooms.pod.put(clients_pub=[new_pub])
        wait_for(rooms.log, lambda: count("peer cut off", rooms.log()) == 2, 20)
        edit(folder, 1)
        rooms.settled(sluice, folder, 20)

        server_pub, server_key = pair()
        elsewhere.put(server_pub=[rooms.server_pub, server_pub])
        rooms.pod.put(server_key=server_key)
        wait_for(rooms.log, lambda: count("server_key=new", rooms.log()) == 2, 20)
        edit(folder, 2)
        rooms.settled(sluice, folder, 20)
        elsewhere.put(server_pub=server_pub)
        rooms.server_pub, rooms.pairs = server_pub, [(new_pub, new_key)]
        rooms.worker()
        wait_for(rooms.log, lambda: count("room=resolver msg=\"peer is up\" link=jobs peer=translator", rooms.log()) == 4, 20)
        edit(folder, 3)
        rooms.settled(sluice, folder, 20)
    assert not rejected_owners(rooms.log())


def test_broken_key_files_change_nothing(sluice, build, tmp_path, folder):
    with CurveRooms(build, tmp_path, folder) as rooms:
        rooms.worker()
        rooms.settled(sluice, folder, 20)
        rooms.pod.put(clients_pub=["half a key"])
        wait_for(rooms.log, lambda: count("the CURVE keys stay as they are.*clients.pub: line 1 is no key", rooms.log()) == 2, 20)
        rooms.worker()
        wait_for(rooms.log, lambda: count("peer is up\" link=jobs peer=translator", rooms.log()) == 2, 20)
        edit(folder, 1)
        rooms.settled(sluice, folder, 20)


@pytest.mark.parametrize("args, sentence", [
    (["--jobs-endpoint", "tcp://*:7001"], "leaves this machine"),
    (["--jobs-endpoint", "tcp://10.0.0.1:7001"], "--curve-dir"),
    (["--jobs-endpoint", "udp://10.0.0.1:7001"], "is neither ipc://PATH nor tcp://HOST:PORT"),
    (["--tap-endpoint", "tcp://0.0.0.0:7001", "--curve-dir", "/tmp"], "leaves this machine"),
])
def test_nothing_leaves_the_machine_in_clear(build, tmp_path, args, sentence):
    done = subprocess.run([build / "sluice-resolver", "--run-dir", tmp_path, *args], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and sentence in done.stderr


def test_missing_keys_are_named(build, tmp_path):
    command = [build / "sluice-translator", "--run-dir", tmp_path, "--curve-dir", tmp_path, "--jobs-endpoint", "tcp://127.0.0.1:7001"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert done.returncode == 111 and f"{tmp_path}/client.key cannot be read" in done.stderr
    (tmp_path / "client.key").write_text(pair()[1] + "\n" + pair()[1])
    (tmp_path / "client.key").chmod(0o644)
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert "client.key holds more than one key" in done.stderr and "a secret key can be read by others" in done.stderr
