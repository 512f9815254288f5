"""Pomerium as a child: `sluice up --pomerium`, `sluice all-in-one`, and `sluice controller` beside one."""
import os
import signal
import subprocess

import pytest
from bootstrap import POMERIUM, secret
from databroker import Databroker, wanted
from pipeline import CLASS, app, fill, free_port, wait_for, write
from stand_in import PROGRAM, StandIn, Whole
from web import ask, parse


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "in/pomerium.yaml", POMERIUM)
    write(tmp_path / "in/secret.yaml", secret())
    fill(tmp_path / "in", 3)
    return tmp_path / "in"


@pytest.fixture
def stand_in(tmp_path):
    found = StandIn(tmp_path / "pomerium")
    yield found
    left = found.left()
    for pid, _ in left:
        os.kill(pid, signal.SIGKILL)
    assert not left, "a process was left behind"


def stored(sluice, p, folder):
    wait_for(p.log, p.stand_in.is_up)
    p.stand_in.settled(wanted(sluice, folder), log=p.log)


def run(sluice, *args, **more):
    return subprocess.run([sluice, *map(str, args)], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, **more)


def test_one_command_is_a_whole_proxy(sluice, tmp_path, folder, stand_in):
    env = {"SHARED_SECRET_FILE": "", "SERVICES": "all", "SOMETHING_ELSE": "x"}
    with Whole(sluice, tmp_path, folder, stand_in, env=env) as p:
        stored(sluice, p, folder)
        (start,) = stand_in.events("start")
        assert start["says"]["grpc_address"] == f"127.0.0.1:{stand_in.port}" and len(start["says"]["shared_secret"]) == 44
        config, = [a for a in start["argv"] if a != "--config"]
        assert os.stat(config).st_mode & 0o777 == 0o600 and start["argv"] == ["--config", config], "-config is deprecated"
        assert "SOMETHING_ELSE" in start["env"] and not {"SERVICES", "GRPC_ADDR", "RUN_DIR"} & set(start["env"]), "flags of ours are not its own"
        write(folder / "app-9.yaml", app("app-9"))
        stored(sluice, p, folder)
    assert p.status == 0 and [e["event"] for e in stand_in.events()] == ["start", "term", "end"]


def test_killed_it_is_there_again_within_a_second(sluice, tmp_path, folder, stand_in):
    with Whole(sluice, tmp_path, folder, stand_in) as p:
        stored(sluice, p, folder)
        for n in range(1, 4):
            left = {pid for pid, _ in stand_in.left()} - set(p.children())
            os.kill(stand_in.events("start")[-1]["pid"], signal.SIGKILL)
            wait_for(p.log, lambda: len(stand_in.events("start")) == n + 1, 1.0)
            wait_for(f"{left} have ended", lambda: not left & {pid for pid, comm in stand_in.left() if comm == "sleep"})
        stored(sluice, p, folder)
        assert p.log().count("process=pomerium signal=9") == 3


def test_it_ends_first_and_in_its_own_time(sluice, tmp_path, folder, stand_in):
    stand_in.drain(1.5)
    with Whole(sluice, tmp_path, folder, stand_in) as p:
        stored(sluice, p, folder)
        p.process.send_signal(signal.SIGTERM)
        wait_for("it is told", lambda: stand_in.events("term"))
        assert len(p.children()) == 5, "the others still serve it"
        write(folder / "app-9.yaml", app("app-9"))
        stored(sluice, p, folder)
        assert p.process.wait(10) == 0
    assert len(stand_in.events("start")) == len(stand_in.events("end")) == 1


def test_it_is_not_waited_for_without_end(sluice, tmp_path, folder, stand_in):
    stand_in.drain(600)
    with Whole(sluice, tmp_path / "a", folder, stand_in, "--pomerium-drain-timeout", "300ms") as p:
        stored(sluice, p, folder)
        p.process.send_signal(signal.SIGTERM)
        assert p.process.wait(10) == 0 and "Pomerium has not ended in time" in p.log()
    assert not stand_in.left()
    with Whole(sluice, tmp_path / "b", folder, stand_in) as p:
        stored(sluice, p, folder)
        p.process.send_signal(signal.SIGTERM)
        wait_for("it is told", lambda: len(stand_in.events("term")) == 2)
        p.process.send_signal(signal.SIGTERM)
        assert p.process.wait(10) == 0
    assert not stand_in.left() and not stand_in.events("end")


def test_it_does_not_outlive_us(sluice, tmp_path, folder, stand_in):
    with Whole(sluice, tmp_path, folder, stand_in) as p:
        stored(sluice, p, folder)
        p.process.kill()
        wait_for("it is told", lambda: stand_in.events("end"))
        for pid, _ in stand_in.left():
            os.kill(pid, signal.SIGKILL)  # its own child is its own affair then
        wait_for("all have ended", lambda: not stand_in.left())


def test_nothing_starts_before_its_configuration(sluice, tmp_path, folder, stand_in):
    text = (folder / "secret.yaml").read_text()
    (folder / "secret.yaml").unlink()
    with Whole(sluice, tmp_path, folder, stand_in) as p:
        wait_for("the reason is logged", lambda: "what Pomerium starts with is not known yet" in p.log())
        assert not stand_in.events()
        p.process.send_signal(signal.SIGHUP)
        assert p.process.wait(10) == 0
    with Whole(sluice, tmp_path / "b", folder, stand_in) as p:
        wait_for("the reason is logged", lambda: "what Pomerium starts with is not known yet" in p.log())
        write(folder / "secret.yaml", text)
        stored(sluice, p, folder)


def test_a_fresh_run_folder_goes_whole(sluice, tmp_path, folder, stand_in):
    (tmp_path / "r").mkdir()
    p = Whole(sluice, tmp_path, folder, stand_in, env={"XDG_RUNTIME_DIR": str(tmp_path / "r")})
    at = p.args.index("--run-dir")
    del p.args[at:at + 2]
    with p:
        stored(sluice, p, folder)
        assert list((tmp_path / "r").glob("*/pomerium.yaml"))
    assert not any((tmp_path / "r").iterdir())


def test_metrics_and_probes_of_all_at_one_address(sluice, tmp_path, folder, stand_in):
    metrics, probes = free_port(), free_port()
    where = ["--metrics-bind-address", f"127.0.0.1:{metrics}", "--health-probe-bind-address", f"127.0.0.1:{probes}"]
    with Whole(sluice, tmp_path, folder, stand_in, *where, verb="all-in-one") as p:
        stored(sluice, p, folder)
        wait_for("all are ready", lambda: ask(probes, "/readyz")[0] == 200)
        for path in ("/startupz", "/healthz", "/status"):
            assert ask(probes, path)[0] == 200
        series = parse(ask(metrics, "/metrics")[2])
        for room in ("watcher", "resolver", "publisher"):
            assert series[f'sluice_ready{{room="{room}"}}'] == 1
        assert series["stand_in_up"] == 1 and series['sluice_publisher_routes{room="publisher"}'] == 3
        p.kill("resolver", signal.SIGSTOP)
        assert ask(probes, "/startupz")[0] == 503 and ask(probes, "/readyz")[0] == 200, "users are served all the same"
        p.kill("resolver", signal.SIGCONT)
        (stand_in.tmp / "unready").touch()
        status, _, said = ask(probes, "/readyz")
        assert status == 503 and said == "pomerium: not yet\n"


def test_controller_beside_another_pomerium(sluice, tmp_path, folder):
    metrics, probes = free_port(), free_port()
    with Databroker(tmp_path / "databroker") as databroker:
        env = {**os.environ, "DATABROKER_SERVICE_URL": databroker.url, "SHARED_SECRET": databroker.secret, "METRICS_BIND_ADDRESS": f"127.0.0.1:{metrics}",
               "HEALTH_PROBE_BIND_ADDRESS": f"127.0.0.1:{probes}", "RUN_DIR": str(tmp_path / "run")}
        with open(tmp_path / "log", "wb") as log:
            process = subprocess.Popen([sluice, "controller", "-f", folder], env=env, stdout=log, stderr=log)
        try:
            wait_for(lambda: (tmp_path / "log").read_text(), lambda: len(databroker.merged()["routes"]) == 3)
            assert databroker.merged()["settings"] == {}, "no Pomerium object is named"
            wait_for("ready", lambda: ask(probes, "/readyz")[0] == 200)
            assert parse(ask(metrics, "/metrics")[2])['sluice_publisher_routes{room="publisher"}'] == 3
            assert "msg=rejected" not in (tmp_path / "log").read_text()
        finally:
            process.terminate()
            assert process.wait(10) == 0


def test_defaults_are_those_of_the_go_controller(sluice):
    has = lambda verb: dict(line.split("\t")[1:4:2] for line in run(sluice, verb, "--help=table").stdout.splitlines()[1:])
    controller, whole, up = has("controller"), has("all-in-one"), has("up")
    assert controller["databroker-service-url"] == "http://localhost:5443" and controller["pomerium-config"] == ""
    assert controller["metrics-bind-address"] == ":9090" and controller["health-probe-bind-address"] == ":8081"
    assert whole["health-probe-bind-address"] == "127.0.0.1:28080" and whole["pomerium"] == "pomerium" and whole["pomerium-config"] == "global"
    assert set(controller) == set(whole) == set(up)


def test_usage(sluice, tmp_path, folder):
    plain = tmp_path / "plain"
    plain.write_text("no program")
    where = ["up", "-f", folder, "--run-dir", tmp_path / "run"]
    for args, words in (([*where, "--pomerium", "no-such-program"], "no-such-program"), ([*where, "--pomerium", plain], "plain"),
                        ([*where, "--pomerium", PROGRAM, "--out", tmp_path / "out"], "--out"),
                        ([*where, "--pomerium", PROGRAM, "--once"], "--once"),
                        (["controller", "-f", folder], "--shared-secret"),
                        (["all-in-one", "-f", folder], "pomerium")):
        done = run(sluice, *args, env={"PATH": str(tmp_path)})
        assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert not (tmp_path / "run").exists()
