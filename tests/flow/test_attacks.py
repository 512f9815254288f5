"""What a translator that was taken over can do: nothing but wrong routes for owners whose bundles it has. What strangers can: nothing."""
import json
import os
import re
import resource
import socket

import bootstrap
import pytest
import zmq
from curve import CurveRooms
from peer import BUNDLE, CONFIG, POMERIUM, TRANSLATOR, Peer, config, field, route
from pipeline import CLASS, Rooms, app, read, wait_for, write
from web import socket_file, value

CANARY = "CANARY-OF-THE-VICTIM"
OWN = "its-own-value"
ROW_HEADER, ROW_IDP_SECRET, ROW_SHARED_SECRET = 6, 2, 48  # of splice_table.c
HEADERS = "ingress.pomerium.io/set_request_headers_secret: headers"


def secret(namespace, text):
    return f"""apiVersion: v1
kind: Secret
metadata: {{name: headers, namespace: {namespace}}}
type: Opaque
stringData: {{Authorization: '{text}'}}
"""


class Evil:
    """A translator of our own, the only one."""

    def __init__(self, rooms, context):
        self.rooms, self.context, self.bundles = rooms, context, {}
        self.jobs = Peer(context, rooms.jobs, TRANSLATOR, rooms.pairs[0], rooms.server_pub)
        self.connect()
        assert self.jobs.hello()

    def connect(self):
        self.configs = Peer(self.context, self.rooms.configs, TRANSLATOR, self.rooms.pairs[0], self.rooms.server_pub, epoch=self.jobs.epoch)
        assert self.configs.hello()

    def take(self, name, but=None):
        """The next BUNDLE of this Ingress; all others are answered with nothing."""
        for kind, body in self.jobs.listen(20):
            if kind != BUNDLE:
                continue
            self.bundles[body[1][2].decode()] = body
            if body[1][2].decode() == name and body[2] != but:
                return body
            self.configs.send(CONFIG, config(body))
        raise AssertionError(f"no bundle of {name}")

    def tries(self, *args, **more):
        self.configs.send(CONFIG, config(*args, **more))

    def is_cut_off(self):
        """After the last message."""
        count = lambda: value(socket_file(self.rooms.run_dir, "publisher"), "sluice_publisher_tickets_refused_total", reason="forged")
        self.n_forged = getattr(self, "n_forged", 0) + 1
        wait_for(self.rooms.log, lambda: count() == self.n_forged)
        wait_for(self.rooms.log, lambda: self.rooms.log().count('msg="peer cut off" link=configs') == self.n_forged)
        assert f"who={self.rooms.pairs[0][0]}" in self.rooms.log() or f'who="{self.rooms.pairs[0][0]}"' in self.rooms.log()
        self.configs.socket.close()

    def close(self):
        self.configs.socket.close()
        self.jobs.socket.close()


def goes(rooms, end):
    """The translator for the settings, and the resolver has seen it: what it had not answered would be blamed for its end."""
    gone = lambda: rooms.log().count('msg="peer is down" link=jobs peer=settings')
    before = gone()
    end()
    wait_for(rooms.log, lambda: gone() > before)


def edit(folder, n):
    write(folder / "leak.yaml", app("leak", f"10.6.6.{n}", namespace="attacker", annotations=HEADERS))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "in"
    write(folder / "class.yaml", CLASS)
    write(folder / "bank.yaml", app("bank", namespace="victim", annotations=HEADERS))
    write(folder / "bank-secret.yaml", secret("victim", CANARY))
    write(folder / "leak-secret.yaml", secret("attacker", OWN))
    edit(folder, 1)
    return folder


def output(rooms):
    return (read(rooms.out) or b"").decode()


def test_a_value_goes_to_its_owner_alone(sluice, build, tmp_path, folder):
    """Each attempt is an answer to a bundle of its own, since a number counts once; the owner is rejected."""
    own = route("leak.example.com", "http://6.6.6.6")
    attempts = [
        (dict(splices=[(ROW_HEADER, 1, "Authorization", "Authorization")]), "a splice names Secret 1 of a ticket that has 1"),
        (dict(splices=[(ROW_IDP_SECRET, 0, "Authorization", "")]), "this value may not go where splice row 2 sends it"),
        (dict(splices=[(ROW_SHARED_SECRET, 0, "Authorization", "")]), "this value may not go where splice row 48 sends it"),
        (dict(splices=[(ROW_HEADER, 0, "Authorization", "X-Other")]), "this value may not go where splice row 6 sends it"),
        (dict(certificates=[0]), "is not one of type kubernetes.io/tls under spec.tls"),
        (dict(routes=[route("bank.example.com", "http://6.6.6.6")]), "which its owner does not name"),
        (dict(settings=field(3, field(32, "https://evil.example.net"))), "it has settings, which only the Pomerium object can have"),
    ]
    with CurveRooms(build, tmp_path, folder) as rooms, zmq.Context() as context:
        evil, stamp = Evil(rooms, context), None
        for n, (what, sentence) in enumerate(attempts):
            edit(folder, n + 2)
            bundle = evil.take("leak", but=stamp)
            stamp = bundle[2]
            evil.tries(bundle, *what.pop("routes", [own]), **what)
            wait_for(rooms.log, lambda: sentence in rooms.log())
            assert CANARY not in output(rooms) and "evil.example.net" not in output(rooms)
        # What is its own it may have: so the attempts did not fail over something else.
        edit(folder, 99)
        evil.tries(evil.take("leak", but=stamp), own, splices=[(ROW_HEADER, 0, "Authorization", "Authorization")])
        wait_for(rooms.log, lambda: OWN in output(rooms))
        assert CANARY not in output(rooms)
        evil.close()
        rooms.worker(0)  # an honest one mends what is edited; what was answered wrongly stays until then
        edit(folder, 100)
        write(folder / "bank.yaml", app("bank", "10.0.0.2", namespace="victim", annotations=HEADERS))
        rooms.settled(sluice, folder, 20)


def test_who_forges_is_cut_off_and_named(sluice, build, tmp_path, folder):
    with CurveRooms(build, tmp_path, folder, n_keys=2) as rooms, zmq.Context() as context:
        evil = Evil(rooms, context)
        leak = evil.take("leak")
        bank = evil.bundles["bank"] if "bank" in evil.bundles else evil.take("bank")
        stolen = route("bank.example.com", "http://6.6.6.6")
        (ticket, mac) = leak[0]
        forgeries = [
            dict(owner=[bank[1][0], "victim", "bank"], settings=stolen),  # with the ticket of its own Ingress
            dict(stamp=[leak[2][0], 2**64 - 1]),  # so that everything later would be old
            dict(owner=[1, "no-such-namespace", "ghost"]),
            dict(owner=[POMERIUM, "", "global"], settings=field(3, b"")),
            dict(ticket=[ticket, bytes([mac[0] ^ 1]) + mac[1:]]),
            dict(ticket=[ticket, None]),
            dict(ticket=[ticket.replace(b"attacker", b"victimXX"), mac]),
            dict(ticket=[b"", mac]),
        ]
        for n, forgery in enumerate(forgeries):
            if n:
                evil.connect()
            evil.tries(leak, **forgery)
            evil.is_cut_off()
        assert "6.6.6.6" not in output(rooms) and "ghost" not in output(rooms)
        evil.close()
        rooms.worker(1)
        write(folder / "bank.yaml", app("bank", "10.0.0.2", namespace="victim", annotations=HEADERS))  # evil may have answered for it
        rooms.settled(sluice, folder, 30)
        assert CANARY in output(rooms)  # the victim has it, as it should
        assert json.loads(output(rooms))["settings"] == {}


def test_a_ticket_of_an_earlier_session_is_old(sluice, build, tmp_path, folder):
    """It counts for nothing, and whoever has it is not blamed."""
    with CurveRooms(build, tmp_path, folder, n_keys=2) as rooms, zmq.Context() as context:
        evil = Evil(rooms, context)
        leak = evil.take("leak")
        resolver = next(p for p in rooms.processes if "sluice-resolver" in p.args[0])
        rooms.end(resolver)
        rooms.start("resolver")
        rooms.worker(1)
        rooms.settled(sluice, folder, 30)
        evil.tries(leak, route("leak.example.com", "http://6.6.6.6"))
        old = lambda: value(socket_file(rooms.run_dir, "publisher"), "sluice_publisher_tickets_refused_total", reason="old")
        wait_for(rooms.log, lambda: old() == 1)
        assert "6.6.6.6" not in output(rooms) and not re.search('msg="peer cut off"', rooms.log())
        evil.close()


def test_the_settings_go_to_one_that_has_nothing_else(sluice, build, tmp_path, folder):
    """Not to a translator that has had an Ingress, and over tcp to none; what these say of the Pomerium object counts for nothing."""
    pomerium = lambda n: write(folder / "pomerium.yaml", bootstrap.POMERIUM + f"  cookie: {{domain: d{n}.example.com}}\n")
    pomerium(1)
    write(folder / "bootstrap-secret.yaml", bootstrap.secret())
    with CurveRooms(build, tmp_path, folder, n_keys=2) as rooms, zmq.Context() as context:
        near, evil = [f"ipc://{tmp_path}/run/{link}" for link in ("jobs", "configs")], Evil(rooms, context)
        rooms.worker(1)
        rooms.settled(sluice, folder, 30)
        assert "d1.example.com" in output(rooms)
        goes(rooms, rooms.settings.terminate)
        rooms.settings.wait(10)
        pomerium(2)
        wait_for(rooms.log, lambda: "nobody translates the Pomerium object" in rooms.log(), 20)
        assert value(socket_file(rooms.run_dir, "resolver"), "sluice_ready") == 0
        elsewhere = Peer(context, rooms.jobs, TRANSLATOR, rooms.pairs[0], rooms.server_pub, settings=True)
        assert elsewhere.hello()
        wait_for(rooms.log, lambda: "it came over another way: the settings go over ipc only" in rooms.log())
        # One that is near and has nothing else is given it; the ticket in the hands of another is worth nothing.
        honest = Peer(context, near[0], TRANSLATOR, settings=True)
        assert honest.hello()
        bundle = honest.wait_for(BUNDLE, 20)
        assert bundle[1][0] == POMERIUM
        evil.tries(bundle, settings=field(3, field(32, "https://evil.example.net")))
        evil.is_cut_off()
        assert "the Pomerium object is for a translator with --settings" in rooms.log()
        sends = Peer(context, near[1], TRANSLATOR, epoch=honest.epoch, settings=True)
        assert sends.hello()
        sends.send(CONFIG, config(bundle, settings=field(3, b"")))
        wait_for(rooms.log, lambda: "d1.example.com" not in output(rooms))
        goes(rooms, honest.socket.close)
        # The same process says that it is for Ingresses, then again that it is for the settings.
        both = Peer(context, near[0], TRANSLATOR, holds=True)
        assert both.hello()
        pomerium(3)
        again = Peer(context, near[0], TRANSLATOR, settings=True)
        assert again.hello()
        wait_for(rooms.log, lambda: "it was one for Ingresses before" in rooms.log())
        got = [body[1][0] for peer in (evil.jobs, elsewhere, both, again) for kind, body in peer.listen(0.5) if kind == BUNDLE]
        assert POMERIUM not in got and "evil.example.net" not in output(rooms)
        both.socket.close()
        rooms.settings = rooms.popen("translator", "--settings")
        rooms.settled(sluice, folder, 30)
        for peer in (elsewhere, sends, again):
            peer.socket.close()
        evil.close()


def test_the_settings_may_have_a_socket_of_their_own(sluice, build, tmp_path, folder):
    """As in deploy/, where the kernel hides which process is which, and the translator for Ingresses does not reach that socket."""
    own = {link: f"ipc://{tmp_path}/own-{link}" for link in ("jobs", "configs")}
    ends = {room: ["--settings-endpoint", own[link]] for room, link in (("resolver", "jobs"), ("publisher", "configs"))}
    write(folder / "bootstrap-secret.yaml", bootstrap.secret())
    write(folder / "pomerium.yaml", bootstrap.POMERIUM)
    with Rooms(build, tmp_path, folder, 1, **ends, settings=[a for link in own for a in (f"--{link}-endpoint", own[link])]) as rooms, zmq.Context() as context:
        rooms.settled(sluice, folder, 30)
        poser = Peer(context, f"ipc://{rooms.run_dir}/jobs", TRANSLATOR, settings=True)
        assert poser.hello()
        wait_for(rooms.log, lambda: "and by --settings-endpoint if that is given" in rooms.log())
        goes(rooms, rooms.settings.terminate)
        rooms.settings.wait(10)
        write(folder / "pomerium.yaml", bootstrap.POMERIUM + "  cookie: {domain: d.example.com}\n")
        wait_for(rooms.log, lambda: "nobody translates the Pomerium object" in rooms.log(), 20)
        with Peer(context, own["jobs"], TRANSLATOR, settings=True) as honest:
            assert honest.hello()
            bundle = honest.wait_for(BUNDLE, 20)
            sends = Peer(context, f"ipc://{rooms.run_dir}/configs", TRANSLATOR, settings=True)
            assert sends.hello()
            sends.send(CONFIG, config(bundle, settings=field(3, field(32, "https://evil.example.net"))))
            wait_for(rooms.log, lambda: "the Pomerium object is for a translator with --settings" in rooms.log())
            sends.socket.close()
        assert not [kind for kind, _ in poser.listen(0.5) if kind == BUNDLE] and "evil.example.net" not in output(rooms)
        poser.socket.close()
        rooms.settings = rooms.popen("translator", "--settings", *[a for link in own for a in (f"--{link}-endpoint", own[link])])
        rooms.settled(sluice, folder, 30)


def test_what_a_withdrawn_key_made_is_made_again(sluice, build, tmp_path, folder):
    """And goes, if nobody else makes it again."""
    broken = HEADERS + "\ningress.pomerium.io/timeout: soon"
    with CurveRooms(build, tmp_path, folder, n_keys=2) as rooms, zmq.Context() as context:
        evil = Evil(rooms, context)
        write(folder / "broken.yaml", app("broken", namespace="attacker", annotations=broken))
        wrong = {}
        for kind, body in evil.jobs.listen(30):
            if kind == BUNDLE:
                name = body[1][2].decode()
                wrong[name] = route(f"{name}.example.com", "http://6.6.6.6")
                evil.tries(body, wrong[name])
            if len(wrong) == 3:
                break
        wait_for(rooms.log, lambda: output(rooms).count("6.6.6.6") == 3, 20)
        rooms.worker(1)
        rooms.pod.put(clients_pub=[rooms.pairs[1][0]])
        wait_for(rooms.log, lambda: "a key was withdrawn: what was made with it is made again" in rooms.log(), 20)
        rooms.settled(sluice, folder, 30)
        assert "6.6.6.6" not in output(rooms) and CANARY in output(rooms) and "broken" not in output(rooms)
        evil.close()


# ---- strangers: no key at all ----

MAX_STRANGERS = 16
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x01" + b"CURVE".ljust(20, b"\0") + bytes(32)  # of ZMTP 3.1


def port_of(endpoint):
    return int(endpoint.rsplit(":", 1)[1])


def resident(process):
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) << 10


def n_open(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def test_strangers_fill_no_memory(sluice, build, tmp_path, folder):
    """Each says that 32 MiB of a handshake follow, and sends as much as is taken."""
    with CurveRooms(build, tmp_path, folder) as rooms:
        rooms.worker(0)
        rooms.settled(sluice, folder, 20)
        before, sockets = resident(rooms.processes[0]), []
        for _ in range(12):
            s = socket.create_connection(("127.0.0.1", port_of(rooms.configs)), 5)
            sockets.append(s)
            s.sendall(GREETING)
            received = b""
            while len(received) < len(GREETING):
                received += s.recv(len(GREETING))
            with pytest.raises(OSError):
                s.sendall(b"\x06" + (32 << 20).to_bytes(8, "big") + bytes(32 << 20))
        assert resident(rooms.processes[0]) - before < 16 << 20
        edit(folder, 2)
        rooms.settled(sluice, folder, 20)
        for s in sockets:
            s.close()


def test_strangers_fill_no_descriptors(sluice, build, tmp_path, folder):
    """More idle connections than the process may have descriptors: the others go on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (400, hard))
    with CurveRooms(build, tmp_path, folder) as rooms:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        rooms.worker(0)
        rooms.settled(sluice, folder, 20)
        before, sockets = n_open(rooms.processes[0]), []
        for _ in range(600):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", port_of(rooms.configs)))
            sockets.append(s)
        wait_for(rooms.log, lambda: "too many connections have shown no key" in rooms.log())
        edit(folder, 2)
        rooms.settled(sluice, folder, 20)
        wait_for("only a few are left", lambda: n_open(rooms.processes[0]) <= before + MAX_STRANGERS)
        rooms.worker(0)  # an honest one is let in
        wait_for(rooms.log, lambda: rooms.log().count('room=publisher msg="peer is up" link=configs peer=translator') == 2, 20)
        for s in sockets:
            s.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
