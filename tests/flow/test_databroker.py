"""Pomerium's databroker as the sink: a server on grpc-go, real pipelines, and everything that can go wrong between them."""
import json
import os
import pathlib
import signal
import subprocess

import pytest
from databroker import Databroker, Up, new_secret, wanted
from pipeline import app, certificate, fill, tls_secret, wait_for, write

N = 30
MESSAGE_MAX = 4 << 20


@pytest.fixture
def folder(tmp_path):
    fill(tmp_path / "in", N)
    return tmp_path / "in"


@pytest.fixture
def databroker(tmp_path):
    with Databroker(tmp_path / "databroker") as d:
        yield d


def ingress(i, namespace="shop"):
    return f"sluice/ingress/{namespace}/app-{i}"


def test_first_publish_then_one_edit_writes_one_record(sluice, tmp_path, folder, databroker):
    with Up(sluice, tmp_path / "a", folder, databroker) as p:
        p.stored(20)
        assert set(databroker.records()) == {ingress(i) for i in range(N)}
        assert all("settings" not in config for config in databroker.records().values())
        before = len(databroker.writes())
        write(folder / "app-7.yaml", app("app-7", "10.9.9.9"))
        p.stored()
        assert databroker.written(before) == [ingress(7)]
        (folder / "app-8.yaml").unlink()
        p.stored()
        assert ingress(8) in databroker.tombstones()
        assert databroker.written(before) == [ingress(7), ingress(8)]
        assert all(w["who"] == w["leader"] for w in databroker.writes())


@pytest.mark.parametrize("room", ["watcher", "resolver", "translator", "publisher", "all"])
def test_restart_writes_nothing(sluice, tmp_path, folder, databroker, room):
    args = ("--lease-duration", "2s")
    with Up(sluice, tmp_path / "a", folder, databroker, *args) as p:
        p.stored(20)
        before = len(databroker.writes())
        if room != "all":
            leads = p.log().count("lease acquired")
            (old,) = p.children(room)
            p.kill(room)
            wait_for("it is started again", lambda: p.children(room) not in ([], [old]))
            if room == "publisher":
                wait_for(p.log, lambda: p.log().count("lease acquired") > leads, 20)
            end_with_an_edit(p, folder, databroker, before)
            return
    with Up(sluice, tmp_path / "b", folder, databroker, *args) as p:
        wait_for(p.log, lambda: "lease acquired" in p.log(), 20)
        end_with_an_edit(p, folder, databroker, before)


def end_with_an_edit(p, folder, databroker, before):
    """An edit goes through everything; what was written until it is stored is all that was written."""
    write(folder / "app-1.yaml", app("app-1", "10.8.8.8"))
    p.stored(20)
    assert databroker.written(before) == [ingress(1)]


def test_wiped_and_restarted_databroker_is_filled_again(sluice, tmp_path, folder, databroker):
    with Up(sluice, tmp_path / "a", folder, databroker) as p:
        p.stored(20)
        databroker.wipe()
        p.stored(5)
        databroker.stop()
        databroker.start()
        p.stored(5)
        before = len(databroker.writes())
        end_with_an_edit(p, folder, databroker, before)


def test_more_than_one_message_can_hold_is_stored_and_read_back(sluice, tmp_path, databroker):
    """grpc-go takes no message above 4 MiB: neither the writes nor the reading may be one."""
    folder, emails = tmp_path / "in", 3000
    fill(folder, N)
    for i in range(N):
        anybody = ",".join(f'{{"email":{{"is":"user-{k}-of-app-{i}@example.com"}}}}' for k in range(emails))
        write(folder / f"app-{i}.yaml", app(f"app-{i}", annotations=f'ingress.pomerium.io/policy: \'[{{"allow":{{"or":[{anybody}]}}}}]\''))
    with Up(sluice, tmp_path / "a", folder, databroker) as p:
        p.stored(30)
    sizes = [e["bytes"] for e in databroker.writes()]
    assert sum(sizes) > MESSAGE_MAX and max(sizes) < MESSAGE_MAX
    before = len(databroker.writes())
    with Up(sluice, tmp_path / "b", folder, databroker) as p:
        wait_for(p.log, p.leads, 20)
        assert f'"databroker read" records={N}' in p.log()
        end_with_an_edit(p, folder, databroker, before)


def large(n_paths, n_emails=3000, broken=False):
    """Of one Ingress: about 1.4 MB for each path."""
    anybody = ",".join(f'{{"email":{{"is":"user-{k}-of-the-large-app@example.com"}}}}' for k in range(n_emails))
    return app("app-1", annotations=f'ingress.pomerium.io/policy: \'[{{"allow":{{"or":[{anybody}]}}}}]\'' + ("\ningress.pomerium.io/nonsense: x" if broken else ""),
               paths=[f"/{i}" for i in range(n_paths)])


def n_routes(databroker, record):
    return len(databroker.records()[record]["routes"])


def test_an_ingress_too_large_for_a_message_has_several_records(sluice, tmp_path, folder, databroker):
    """They come back as one after a restart, also if the Ingress is rejected, and go when it shrinks."""
    first, others = ingress(1), [f"{ingress(1)}#{i}" for i in range(2, 6)]
    write(folder / "app-1.yaml", large(9))
    with Up(sluice, tmp_path / "a", folder, databroker) as p:
        p.stored(60)
        assert [n_routes(databroker, r) for r in [first, *others]] == [2, 2, 2, 2, 1]
        assert [r for r in databroker.written() if r in [first, *others]] == [*reversed(others), first]
    before = len(databroker.writes())
    write(folder / "app-1.yaml", large(9, broken=True))
    with Up(sluice, tmp_path / "b", folder, databroker) as p:
        wait_for(p.log, p.leads, 20)
        end_after(p, folder, databroker, before, 2)
        assert set(others) < set(databroker.records())
        before = len(databroker.writes())
        write(folder / "app-1.yaml", large(3))
        p.stored(60)
        assert databroker.written(before) == [others[0], first, *reversed(others[1:])]
        assert [n_routes(databroker, r) for r in [first, others[0]]] == [2, 1]
        (folder / "app-1.yaml").unlink()
        p.stored(30)
        assert {first, others[0]} <= databroker.tombstones()


def end_after(p, folder, databroker, before, i):
    write(folder / f"app-{i}.yaml", app(f"app-{i}", "10.8.8.9"))
    wait_for(p.log, lambda: ingress(i) in databroker.written(before), 20)
    assert databroker.written(before) == [ingress(i)]


def test_after_a_wipe_tombstones_for_what_is_no_longer_wanted(sluice, tmp_path, folder, databroker):
    """A proxy may have missed that the databroker was cleared: it must hear of the deletion."""
    with Up(sluice, tmp_path / "a", folder, databroker) as p:
        p.stored(20)
        databroker.stop()
        (folder / "app-3.yaml").unlink()
        wait_for(p.log, lambda: "Connection refused" in p.log() or "Couldn't connect" in p.log() or "Failed to connect" in p.log())
        databroker.start()
        p.stored(10)
        wait_for("a tombstone", lambda: ingress(3) in databroker.tombstones(), 5)


def test_tampered_records_are_repaired(sluice, tmp_path, folder, databroker):
    with Up(sluice, tmp_path / "a", folder, databroker) as p:
        p.stored(20)
        before = len(databroker.writes())
        databroker.store(ingress(4), {"routes": [{"id": "x", "from": "https://evil.example.com", "to": ["http://10.6.6.6"]}]})
        p.stored(5)
        databroker.store(ingress(5), None)
        p.stored(5)
        databroker.store(ingress(99), {"routes": [{"id": "y", "from": "https://ghost.example.com", "to": ["http://10.6.6.6"]}]})
        p.stored(5)
        databroker.store("somebody/else", {"settings": {"log_level": "warn"}})
        assert databroker.written(before) == [ingress(4), ingress(5), ingress(99)]
        assert "somebody/else" in databroker.records()


def test_mass_deletion_is_refused_until_told(sluice, tmp_path, folder, databroker):
    with Up(sluice, tmp_path / "a", folder, databroker, "--lease-duration", "2s") as p:
        p.stored(20)
    before = len(databroker.writes())
    for i in range(25):
        (folder / f"app-{i}.yaml").unlink()
    write(folder / "app-29.yaml", app("app-29", "10.4.4.4"))
    with Up(sluice, tmp_path / "b", folder, databroker) as p:
        wait_for(p.log, lambda: "too many routes would go at once" in p.log() and len(databroker.writes()) > before)
        assert databroker.written(before) == [ingress(29)], "what takes nothing away goes on"
        assert len(databroker.records()) == N
    with Up(sluice, tmp_path / "c", folder, databroker, "--max-delete-share", "100") as p:
        p.stored(20)
        assert set(databroker.records()) == {ingress(i) for i in range(25, N)}


def pomerium(annotations=""):
    return f"apiVersion: ingress.pomerium.io/v1\nkind: Pomerium\nmetadata: {{name: global, annotations: {{{annotations}}}}}\nspec: {{secrets: shop/bootstrap}}\n"


def test_mass_deletion_is_allowed_by_an_annotation_while_it_is_there(sluice, tmp_path, folder, databroker):
    allow = 'ingress.pomerium.io/allow-mass-delete: "true"'
    write(folder / "bootstrap.yaml", json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bootstrap", "namespace": "shop"}, "stringData": {
        "shared_secret": "a" * 32, "cookie_secret": "b" * 32, "signing_key": "c" * 32}}))
    write(folder / "pomerium.yaml", pomerium())
    (tmp_path / "away").mkdir()

    def move(here, there):
        for i in range(25):
            (here / f"app-{i}.yaml").rename(there / f"app-{i}.yaml")

    args = ("--publish-interval", "2s")  # all that goes at once is seen at once
    with Up(sluice, tmp_path / "a", folder, databroker, *args) as p:
        p.stored(20)
        before = len(databroker.writes())
        move(folder, tmp_path / "away")
        wait_for(p.log, lambda: "too many routes would go at once" in p.log())
        write(folder / "pomerium.yaml", pomerium('ingress.pomerium.io/allow-mass-delete: "yes"'))
        write(folder / "app-29.yaml", app("app-29", "10.4.4.4"))
        wait_for(p.log, lambda: databroker.written(before)[-1:] == [ingress(29)])
        kept = {ingress(i) for i in range(25)} & set(databroker.records())
        assert len(kept) > 20, "only what is exactly true allows it"
        write(folder / "pomerium.yaml", pomerium(allow))
        p.stored()
        move(tmp_path / "away", folder)
        p.stored()
        write(folder / "pomerium.yaml", pomerium())
        wait_for(p.log, lambda: "many routes may not go at once" in p.log())
        refusals = p.log().count("too many routes would go at once")
        move(folder, tmp_path / "away")
        wait_for(p.log, lambda: p.log().count("too many routes would go at once") > refusals)


BROKEN = "ingress.pomerium.io/policy: '[{\"allow\":{\"maybe\":[]}}]'"


def test_broken_owner_keeps_its_last_good_over_a_restart_of_everything(sluice, tmp_path, folder, databroker):
    certificate(tmp_path, "app-6.example.com")
    tls = "  tls: [{hosts: [app-6.example.com], secretName: app-6-tls}]\n"
    write(folder / "secret.yaml", tls_secret(tmp_path, "app-6-tls"))
    write(folder / "app-6.yaml", app("app-6", more=tls))
    with Up(sluice, tmp_path / "a", folder, databroker, "--lease-duration", "2s") as p:
        p.stored(20)
        good = databroker.records()
        assert "sluice/cert/shop/app-6-tls" in good
    before = len(databroker.writes())
    write(folder / "app-6.yaml", app("app-6", "10.1.1.1", BROKEN))
    with Up(sluice, tmp_path / "b", folder, databroker, "--lease-duration", "2s") as p:
        wait_for(p.log, lambda: "lease acquired" in p.log(), 20)
        write(folder / "app-1.yaml", app("app-1", "10.8.8.8"))
        wait_for(p.log, lambda: databroker.written(before))
        assert databroker.written(before) == [ingress(1)]
        assert databroker.records()[ingress(6)] == good[ingress(6)]
        databroker.wipe()
        wait_for("last good is written again", lambda: databroker.records().get(ingress(6)) == good[ingress(6)], 5)
        assert databroker.records()["sluice/cert/shop/app-6-tls"] == good["sluice/cert/shop/app-6-tls"]
        write(folder / "app-6.yaml", app("app-6", "10.1.1.1"))
        p.stored()
        assert "sluice/cert/shop/app-6-tls" not in databroker.records()


# ---- one writer ----

def test_two_replicas_and_one_writer(sluice, tmp_path, folder, databroker):
    args = ("--lease-duration", "3s")
    with Up(sluice, tmp_path / "a", folder, databroker, *args) as a:
        a.stored(20)
        with Up(sluice, tmp_path / "b", folder, databroker, *args) as b:
            wait_for(b.log, lambda: "standing by" in b.log(), 20)
            first = databroker.leader()
            write(folder / "app-1.yaml", app("app-1", "10.8.8.1"))
            a.stored()
            assert databroker.leader() == first
            a.process.send_signal(signal.SIGSTOP)  # so that the publisher is not started again
            assert a.kill("publisher")
            wait_for("the other takes over", lambda: databroker.leader() not in ("", first), 3 + 2)
            write(folder / "app-2.yaml", app("app-2", "10.8.8.2"))
            b.stored()
            a.process.send_signal(signal.SIGCONT)
            wait_for(a.log, lambda: "standing by" in a.log(), 20)
            second = databroker.leader()
            b.process.terminate()
            wait_for("at once", lambda: databroker.leader() not in ("", second), 2)
            write(folder / "app-3.yaml", app("app-3", "10.8.8.3"))
            a.stored()
    writes = databroker.writes()
    assert all(w["who"] == w["leader"] for w in writes), writes
    assert len({w["who"] for w in writes}) == 3
    assert databroker.written() == sorted(ingress(i) for i in range(N)) + [ingress(1), ingress(2), ingress(3)]


def test_a_frozen_leader_writes_nothing_when_it_thaws(sluice, tmp_path, folder, databroker):
    args = ("--lease-duration", "2s")
    with Up(sluice, tmp_path / "a", folder, databroker, *args) as a, Up(sluice, tmp_path / "b", folder, databroker, *args) as b:
        a.stored(20)
        leader = a if wait_for("a leader", lambda: "lease acquired" in a.log() and a or "lease acquired" in b.log() and b, 20) is a else b
        other = b if leader is a else a
        (pid,) = leader.children("publisher")
        first = databroker.leader()
        os.kill(pid, signal.SIGSTOP)
        write(folder / "app-1.yaml", app("app-1", "10.8.8.1"))
        wait_for("the other takes over", lambda: databroker.leader() not in ("", first), 4)
        other.stored()
        os.kill(pid, signal.SIGCONT)
        wait_for(leader.log, lambda: "lease lost" in leader.log())
        write(folder / "app-2.yaml", app("app-2", "10.8.8.2"))
        other.stored()
    assert all(w["who"] == w["leader"] for w in databroker.writes()), databroker.writes()


def test_a_request_on_the_wire_of_a_frozen_leader_is_repaired(sluice, tmp_path, folder, databroker):
    args = ("--lease-duration", "2s")
    with Up(sluice, tmp_path / "a", folder, databroker, *args) as a:
        a.stored(20)
        with Up(sluice, tmp_path / "b", folder, databroker, *args) as b:
            wait_for(b.log, lambda: "standing by" in b.log(), 20)
            (pid,) = a.children("publisher")
            first = databroker.leader()
            databroker.fault("delay", "Put", millis=6000, count=1)
            write(folder / "app-1.yaml", app("app-1", "10.8.8.1"))
            wait_for("its request is on the wire", lambda: databroker.fault_left() == 0)
            os.kill(pid, signal.SIGSTOP)
            write(folder / "app-1.yaml", app("app-1", "10.8.8.2"))
            wait_for("the other takes over", lambda: databroker.leader() not in ("", first), 4)
            b.stored(3)
            late = lambda: [w for w in databroker.writes() if w["who"] == first and w["leader"] != first]
            wait_for("the late write", late, 10)
            b.stored(1)
            os.kill(pid, signal.SIGCONT)
            wait_for(a.log, lambda: "lease lost" in a.log())
            write(folder / "app-2.yaml", app("app-2", "10.8.8.3"))
            b.stored()
            assert [w["records"] for w in late()] == [[ingress(1)]]


def test_the_next_publisher_of_a_run_folder_goes_on_with_the_lease(sluice, tmp_path, folder, databroker):
    """The lease is 30 s long; a single replica does not wait for its own."""
    with Up(sluice, tmp_path / "a", folder, databroker) as p:
        p.stored(20)
        leads, first = p.leads(), databroker.leader()
        assert p.kill("publisher")
        wait_for(p.log, lambda: p.leads() > leads and databroker.leader() not in ("", first), 5)
        write(folder / "app-1.yaml", app("app-1", "10.8.8.1"))
        p.stored(5)
        p.process.kill()  # and all with it
        p.process.wait()
        with Up(sluice, tmp_path / "b", folder, databroker) as other:
            wait_for(other.log, lambda: "standing by" in other.log() or other.leads(), 20)
        p.__enter__()
        write(folder / "app-2.yaml", app("app-2", "10.8.8.2"))
        p.stored(10)
    assert all(w["who"] == w["leader"] for w in databroker.writes()), databroker.writes()


# ---- the wire ----

@pytest.fixture
def tls_databroker(tmp_path):
    with Databroker(tmp_path / "databroker", "--max-age", "1s", tls=certificate(tmp_path, "broker.internal")) as d:
        yield d


@pytest.mark.parametrize("how", ["file", "inline", "insecure"])
def test_tls_and_connections_that_are_told_to_go_away(sluice, tmp_path, folder, tls_databroker, how):
    import base64
    ca = tmp_path / "tls.crt"
    flags = {"file": ["--databroker-tls-ca-file", str(ca), "--databroker-tls-override-certificate-name", "broker.internal"],
             "inline": ["--databroker-tls-ca", base64.b64encode(ca.read_bytes()).decode(), "--databroker-tls-override-certificate-name", "broker.internal"],
             "insecure": ["--databroker-tls-insecure-skip-verify"]}[how]
    with Up(sluice, tmp_path / "a", folder, tls_databroker, *flags) as p:
        p.stored(20)
        for i in range(8):
            write(folder / f"app-{i}.yaml", app(f"app-{i}", f"10.3.3.{i + 1}"))
            p.stored()
        p.stored()


def test_tls_that_does_not_fit(sluice, tmp_path, folder, tls_databroker):
    with Up(sluice, tmp_path / "a", folder, tls_databroker, "--databroker-tls-ca-file", str(tmp_path / "tls.crt")) as p:
        wait_for(p.log, lambda: "databroker cannot be read" in p.log())
        assert "certificate" in p.log() and not tls_databroker.records()
    with Up(sluice, tmp_path / "b", folder, tls_databroker, "--databroker-tls-override-certificate-name", "broker.internal") as p:
        wait_for(p.log, lambda: "databroker cannot be read" in p.log())
        assert "certificate" in p.log() and not tls_databroker.records()


def test_wrong_shared_secret_is_named_and_never_shown(sluice, tmp_path, folder, databroker):
    wrong = new_secret()
    with Up(sluice, tmp_path / "a", folder, databroker, secret=wrong) as p:
        wait_for(p.log, lambda: "the shared secret must be that of the databroker" in p.log())
        assert "UNAUTHENTICATED" in p.log()
        assert wrong not in p.log() and databroker.secret not in p.log()
    for bad in ("not base64!", "c2hvcnQ="):
        done = subprocess.run([sluice, "up", "-f", folder, "--databroker-service-url", databroker.url], env={**os.environ, "SHARED_SECRET": bad},
                              capture_output=True, text=True, timeout=20)
        assert bad not in done.stderr and "32 bytes" in done.stderr


def test_the_secret_is_in_no_command_line_and_in_no_other_room(sluice, tmp_path, folder, databroker):
    with Up(sluice, tmp_path / "a", folder, databroker, "--log-level", "debug") as p:
        p.stored(20)
        for room in ("watcher", "resolver", "translator", "publisher"):
            (pid,) = p.children(room)
            assert databroker.secret not in pathlib.Path(f"/proc/{pid}/cmdline").read_text()
            assert (databroker.secret in pathlib.Path(f"/proc/{pid}/environ").read_text()) == (room == "publisher")
        assert databroker.secret not in p.log() and "eyJ" not in p.log()


def test_secret_from_a_file(sluice, tmp_path, folder, databroker):
    (tmp_path / "secret").write_text(databroker.secret + "\n")
    env = {k: v for k, v in os.environ.items() if k != "SHARED_SECRET"}
    done = subprocess.run([sluice, "up", "-f", folder, "--databroker-service-url", databroker.url, "--shared-secret-file", tmp_path / "secret", "--once"],
                          env=env, capture_output=True, text=True, timeout=40)
    assert done.returncode == 0, done.stderr
    assert databroker.merged() == wanted(sluice, folder)
    assert databroker.leader() == "", "the lease was given back"


FAULTS = {
    "drop": lambda d: d.drop(),
    "halfclose": lambda d: d.halfclose(),
    "delay": lambda d: d.fault("delay", millis=1500, count=3),
    "refuse": lambda d: d.fault("fail", code=14, count=5),
    "exhausted": lambda d: d.fault("fail", code=8, count=3),
    "invalid": lambda d: d.fault("fail", "Put", code=3, count=1),
    "lost answer": lambda d: d.fault("lost", "Put", millis=11000, count=1),
    "no trailers": lambda d: d.fault("trailers", status="", count=4),
    "wrong trailers": lambda d: d.fault("trailers", status="banana", count=4),
    "ok without an answer": lambda d: d.fault("trailers", status="0", count=4),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_only_delay(sluice, tmp_path, folder, databroker, fault):
    with Up(sluice, tmp_path / "a", folder, databroker) as p:
        p.stored(20)
        FAULTS[fault](databroker)
        write(folder / "app-9.yaml", app("app-9", "10.2.2.2"))
        (folder / "app-10.yaml").unlink()
        p.stored(30)
        for _ in range(3):
            databroker.drop()
        databroker.store(ingress(11), None)
        p.stored(15)
        assert set(databroker.written()) == {ingress(i) for i in range(N)}
        assert all(w["who"] == w["leader"] for w in databroker.writes())


def test_a_stream_that_ends_each_time_is_told_once(sluice, tmp_path, folder, databroker):
    with Up(sluice, tmp_path / "a", folder, databroker) as p:
        p.stored(20)
        databroker.fault("fail", "Sync", code=10, count=9)
        databroker.drop()
        wait_for(p.log, lambda: databroker.fault_left() == 0)
        write(folder / "app-9.yaml", app("app-9", "10.2.2.2"))
        p.stored(30)
        assert p.log().count("Sync ends again and again") == 1


# ---- taking over from the Go controller ----

def legacy_route(name, host=None, namespace="shop"):
    host = host or f"{name}.example.com"
    return {"id": json.dumps({"n": name, "ns": namespace, "h": host, "p": "/"}, separators=(",", ":")), "from": f"https://{host}", "to": ["http://10.5.5.5:8080"], "prefix": "/"}


def test_takes_over_record_by_record(sluice, tmp_path, folder, databroker):
    write(folder / "app-2.yaml", app("app-2", annotations=BROKEN))
    databroker.store("ingress-controller", {"routes": [legacy_route(f"app-{i}") for i in range(4)]})
    databroker.store("gateway-controller", {})
    with Up(sluice, tmp_path / "a", folder, databroker) as p:
        wait_for(p.log, lambda: {"ingress-controller", "gateway-controller"} <= databroker.tombstones(), 20)
        records = databroker.records()
        assert records[ingress(2)] == {"routes": [legacy_route("app-2")]}, "a rejected owner keeps what the Go controller had"
        assert set(records) == {ingress(i) for i in range(N)}
        order = databroker.written()
        assert order.index(ingress(2)) < order.index("ingress-controller")


def test_what_nobody_replaces_stays(sluice, tmp_path, folder, databroker):
    old = {"ingress-controller": {"routes": [legacy_route("app-1"), legacy_route("unknown", namespace="away")]},
           "gateway-controller": {"routes": [{"id": "g", "from": "https://gw.example.com", "to": ["http://10.5.5.5"]}]},
           "pomerium-crd": {"settings": {"log_level": "warn"}}}
    for record, config in old.items():
        databroker.store(record, config)
    with Up(sluice, tmp_path / "a", folder, databroker) as p:
        wait_for(p.log, lambda: p.log().count("record of the Go controller stays") == 3, 20)
        assert "away/unknown" in p.log() and "gw.example.com" in p.log()
        write(folder / "app-1.yaml", app("app-1", "10.8.8.8"))
        wait_for(p.log, lambda: databroker.written()[-1] == ingress(1))
        assert {r: databroker.records().get(r) for r in old} == old


def test_an_http_route_replaces_what_the_go_controller_made_of_it(sluice, tmp_path, databroker):
    """Those routes have no id: from and path tell which is which."""
    case = pathlib.Path(__file__).parent.parent / "golden/cases/gateway/basic"
    (route,) = json.loads((case / "expected.json").read_text())["routes"]
    databroker.store("gateway-controller", {"routes": [{**route, "to": ["http://10.5.5.5"]}]})
    with Up(sluice, tmp_path / "a", case / "input.yaml", databroker) as p:
        wait_for(p.log, lambda: "gateway-controller" in databroker.tombstones(), 20)
        records = databroker.records()
        assert records["sluice/gateway/edge/site"] == {"routes": [route]} and set(records) == {"sluice/gateway/edge/site", "sluice/cert/edge/edge"}
        order = databroker.written()
        assert order.index("sluice/gateway/edge/site") < order.index("gateway-controller")


def test_the_way_back_removes_our_records_and_nothing_else(sluice, tmp_path, folder, databroker):
    """As docs/databroker.md has it: nothing is wanted any more, and that is meant."""
    with Up(sluice, tmp_path / "a", folder, databroker) as p:
        p.stored(20)
    databroker.store("somebody/else", {"settings": {"log_level": "warn"}})
    (tmp_path / "empty").mkdir()
    done = subprocess.run([sluice, "up", "-f", tmp_path / "empty", "--databroker-service-url", databroker.url, "--max-delete-share", "100", "--once"],
                          env={**os.environ, "SHARED_SECRET": databroker.secret}, capture_output=True, text=True, timeout=40)
    assert done.returncode == 0, done.stderr
    assert set(databroker.records()) == {"somebody/else"}
