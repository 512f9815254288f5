"""The metrics of a real pipeline: what promtool says of them, that their number stays, that docs/operation.md has them all."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
import yaml
from databroker import Databroker
from pipeline import Pipeline, app, fill, read, wait_for, write
from web import ask, metrics, socket_file, value

ROOT = pathlib.Path(__file__).parent.parent.parent
ROOMS = ("watcher", "resolver", "translator", "publisher")


def scrape(run_dir):
    """{room: the text of /metrics}"""
    return {room: ask(socket_file(run_dir, room), "/metrics")[2] for room in ROOMS}


def counted(texts):
    """The texts, once a change was seen and stored."""
    return texts if re.search(r"^sluice_publisher_latency_seconds_count [1-9]", texts["publisher"], re.M) else None


@pytest.fixture(scope="module")
def scraped(sluice, tmp_path_factory):
    """The text of each room's /metrics with 10 and with 300 Ingresses, some of them rejected."""
    tmp = tmp_path_factory.mktemp("metrics")
    fill(tmp / "in", 10)
    with Pipeline(sluice, tmp, tmp / "in", workers=2) as p:
        p.settled()
        few = scrape(p.run_dir)
        fill(tmp / "in", 290, start=10)
        write(tmp / "in/bad.yaml", app("bad", annotations="ingress.pomerium.io/no_such: x"))
        write(tmp / "in/lone.yaml", app("lone").split("---")[2])
        p.settled(30)
        # The file is there a moment before its writing is counted.
        many = wait_for("the write of a change is counted", lambda: counted(scrape(p.run_dir)), 30)
    return few, many


def names(text):
    return [line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")]


def test_the_number_of_series_does_not_grow(scraped):
    few, many = scraped
    for room in ROOMS:
        assert names(few[room]) == names(many[room]), room
        assert len(names(many[room])) < 150, room


def test_promtool_finds_nothing(scraped):
    for room in ROOMS:
        done = subprocess.run(["promtool", "check", "metrics"], input=scraped[1][room], capture_output=True, text=True)
        assert done.returncode == 0 and not done.stdout + done.stderr, done.stdout + done.stderr


def test_figures(scraped):
    def of(room, series):
        found = re.search(rf"^{re.escape(series)} (\S+)$", scraped[1][room], re.M)
        assert found, f"{room} has no {series}"
        return float(found[1])
    assert of("watcher", 'sluice_watcher_kinds{state="listing"}') == 0
    assert of("watcher", "sluice_watcher_files") == 303
    assert of("resolver", 'sluice_resolver_objects{kind="Ingress"}') == 302
    assert of("resolver", 'sluice_resolver_jobs{state="in_flight"}') <= 302
    assert of("publisher", 'sluice_publisher_owners{state="rejected"}') == 2
    assert of("publisher", 'sluice_publisher_owners{state="good"}') >= 300
    assert of("publisher", "sluice_publisher_routes") == 300
    assert of("publisher", 'sluice_publisher_rejects_total{reason="translation"}') >= 1
    assert of("publisher", 'sluice_publisher_rejects_total{reason="reference"}') >= 1
    assert of("publisher", "sluice_publisher_leader") == 1
    assert of("publisher", "sluice_publisher_latency_seconds_count") >= 1
    assert 0 < of("publisher", "sluice_publisher_latency_seconds_sum") < 100
    assert abs(of("publisher", "sluice_publisher_last_write_timestamp_seconds") - time.time()) < 600
    assert of("publisher", 'sluice_log_lines_total{room="publisher",level="warn"}') >= 2
    assert of("translator", 'sluice_translator_bundles_total{result="config"}') > 0
    assert of("translator", "sluice_translator_translate_seconds_count") > 0


def documented():
    """{name: (type, labels, help)} from the table in docs/operation.md"""
    rows = re.findall(r"^\| `([a-z_0-9]+)` \| (\w+) \| ([^|]*) \| (.*) \|$", (ROOT / "docs/operation.md").read_text(), re.M)
    return {name: (kind, labels.replace("`", "").strip(), text) for name, kind, labels, text in rows}


def exposed(scraped):
    found = {}
    for text in scraped.values():
        helps = dict(re.findall(r"^# HELP (\S+) (.*)$", text, re.M))
        for name, kind in re.findall(r"^# TYPE (\S+) (\w+)$", text, re.M):
            labels = re.findall(rf"^{name}(?:_bucket)?\{{(.*)\}} ", text, re.M)
            keys = sorted({k for line in labels for k in re.findall(r'([a-z_]+)="', line)} - {"le"})
            assert found.setdefault(name, (kind, ", ".join(keys), helps[name])) == (kind, ", ".join(keys), helps[name])
    return found


def test_the_documentation_has_each_of_them(scraped):
    found = exposed(scraped[1])
    table = "\n".join(f"| `{n}` | {k} | {'`' + labels + '`' if labels else ''} | {text} |" for n, (k, labels, text) in found.items())
    assert documented() == found, f"the table in docs/operation.md should be:\n{table}"


# ---- deploy/monitoring ----

MONITORING = ROOT / "deploy/monitoring"


def test_promtool_accepts_the_rules():
    for args in (["check", "rules", "rules.yaml"], ["test", "rules", "rules_test.yaml"]):
        done = subprocess.run(["promtool", *args], cwd=MONITORING, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def alerts():
    return re.findall(r"alert: (\w+)", (MONITORING / "rules.yaml").read_text())


def test_each_alert_is_tested_and_has_a_runbook():
    """Its link leads to its part of docs/runbooks.md, which says what it means, what to look at and what to do."""
    tested = (MONITORING / "rules_test.yaml").read_text()
    page = (ROOT / "docs/runbooks.md").read_text()
    parts = dict(re.findall(r"(?ms)^## (\w+)$(.*?)(?=^## |\Z)", page))
    assert list(parts) == alerts()
    rules = [rule for group in yaml.safe_load((MONITORING / "rules.yaml").read_text())["groups"] for rule in group["rules"]]
    for rule in rules:
        assert rule["annotations"]["runbook_url"].endswith(f"/docs/runbooks.md#{rule['alert'].lower()}")
        assert re.findall(r"(?m)^\*\*(Means|Look at|Do)\.\*\* ", parts[rule["alert"]]) == ["Means", "Look at", "Do"], rule
        assert re.search(rf"alertname: {rule['alert']}\n", tested), rule


def test_rules_and_dashboard_name_only_what_is_exposed(scraped):
    there = {name for text in scraped[1].values() for name in re.findall(r"^([a-z_0-9]+)[{ ]", text, re.M)}
    for file in ("rules.yaml", "rules_test.yaml", "dashboard.json"):
        text = re.sub(r"alertname: \w+", "", (MONITORING / file).read_text())
        named = set(re.findall(r"\b((?:sluice|process)_[a-z_0-9]+)", text))
        assert len(named) > 15 and named <= there, (file, named - there)
    for label, values in (("room", {*ROOMS}), ("state", None)):
        for value_of in re.findall(rf'{label}="(\w+)"', (MONITORING / "rules.yaml").read_text()):
            assert any(f'{label}="{value_of}"' in text for text in scraped[1].values()), value_of
    json.loads((MONITORING / "dashboard.json").read_text())


# ---- what happens is seen, and heals ----

def lagged(where):
    """How often the loop stood still for more than a second."""
    series = {s: n for s, n in metrics(where).items() if s.startswith("sluice_loop_lag_seconds_")}
    return sum(n for s, n in series.items() if "_count{" in s) - sum(n for s, n in series.items() if 'le="1"' in s)


def test_killed_and_frozen(sluice, tmp_path):
    fill(tmp_path / "in", 3)
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        p.settled()
        resolver = socket_file(p.run_dir, "resolver")
        assert p.kill("translator")
        wait_for("the loss is counted", lambda: value(resolver, "sluice_resolver_workers_lost_total") == 1)
        wait_for("another one is up, beside the one for the settings", lambda: value(resolver, "sluice_peers", link="jobs") == 2)
        assert value(resolver, "sluice_link_connects_total", link="jobs") == 3
        # frozen: it does not answer; afterwards the lag is in its histogram
        publisher, pid = socket_file(p.run_dir, "publisher"), p.children("publisher")[0]
        assert lagged(publisher) == 0
        os.kill(pid, signal.SIGSTOP)
        try:
            for path in ("/healthz", "/readyz"):
                assert ask(publisher, path, timeout=0.8)[0] == 0
            write(tmp_path / "in/app-0.yaml", app("app-0", "10.5.5.5"))
            wait_for("the change is on its way", lambda: value(resolver, "sluice_resolver_jobs", state="in_flight") == 1)
        finally:
            os.kill(pid, signal.SIGCONT)
        p.settled()
        assert ask(publisher, "/healthz")[0] == 200
        wait_for("the lag is seen", lambda: lagged(publisher) >= 1)
        wait_for("it is acknowledged", lambda: value(resolver, "sluice_resolver_jobs", state="in_flight") == 0)


def test_disk_full(sluice, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small filesystem cannot be mounted here: {mounted.stderr.strip()}")
    try:
        fill(tmp_path / "in", 2)
        with Pipeline(sluice, tmp_path, tmp_path / "in", out="small/out.json") as p:
            before = p.settled()
            publisher = socket_file(p.run_dir, "publisher")
            (small / "ballast").write_bytes(bytes(1 << 20)[:os.statvfs(small).f_bavail * os.statvfs(small).f_frsize])
            write(tmp_path / "in/app-0.yaml", app("app-0", "10.6.6.6"))
            wait_for("the failure is counted", lambda: value(publisher, "sluice_publisher_write_failures_total") >= 1)
            assert value(publisher, "sluice_log_last_timestamp_seconds", level="error") > 0
            assert read(p.out) == before and ask(publisher, "/readyz")[0] == 200
            (small / "ballast").unlink()
            assert p.settled(20) != before
            failures = value(publisher, "sluice_publisher_write_failures_total")
            write(tmp_path / "in/app-0.yaml", app("app-0", "10.6.6.7"))
            p.settled(20)
            assert value(publisher, "sluice_publisher_write_failures_total") == failures
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def test_the_clock_is_set_back(sluice, build, tmp_path):
    """An hour, while it runs: deadlines are of another clock; only what is told to people is of this one."""
    if re.search(rb"__[at]san_init", (build / "sluice-publisher").read_bytes()):
        pytest.skip("libfaketime and a sanitizer do not go together")
    libraries = list(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    fill(tmp_path / "in", 2)
    env = {"LD_PRELOAD": str(libraries[0]), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    with Pipeline(sluice, tmp_path, tmp_path / "in", env=env) as p:
        p.settled()
        publisher = socket_file(p.run_dir, "publisher")
        first = wait_for("the write is counted", lambda: value(publisher, "sluice_publisher_last_write_timestamp_seconds"))
        lag = lagged(publisher)
        write(clock, "-3600\n")
        write(tmp_path / "in/app-0.yaml", app("app-0", "10.7.7.7"))
        p.settled()
        wait_for("the time of the write went back",
                 lambda: value(publisher, "sluice_publisher_last_write_timestamp_seconds") < first - 3000)
        assert ask(publisher, "/readyz")[0] == ask(publisher, "/healthz")[0] == 200
        assert lagged(publisher) == lag
        assert value(publisher, "sluice_publisher_latency_seconds_sum") < 60


def test_the_level_changes_by_signal_and_logs_are_json(sluice, tmp_path):
    fill(tmp_path / "in", 1)
    with Pipeline(sluice, tmp_path, tmp_path / "in", "--log-format", "json") as p:
        p.settled()
        p.process.send_signal(signal.SIGUSR1)

        def debug_lines():
            write(tmp_path / "in/app-0.yaml", app("app-0", f"10.8.8.{int(time.monotonic() * 10) % 250 + 1}"))
            return '"level":"debug"' in p.log()
        wait_for("debug lines", debug_lines)
        assert p.kill("translator")
        wait_for("a new one", lambda: '"msg":"process ended, starting it again"' in p.log())
        p.process.send_signal(signal.SIGUSR2)
        p.settled()
    for line in p.log().splitlines():
        assert {"ts", "level", "room", "msg"} <= set(json.loads(line)), line


def test_a_databroker(sluice, tmp_path):
    """Records, calls by code, the leader, the guard; and no more series than with a file."""
    fill(tmp_path / "in", 30)
    with Databroker(tmp_path / "databroker") as databroker:
        with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
            p.settled()
            by_file = names(scrape(p.run_dir)["publisher"])
        command = [sluice, "up", "-f", str(tmp_path / "in"), "--databroker-service-url", databroker.url, "--run-dir", str(tmp_path / "run"),
                   "--lease-duration", "2s"]
        up = Pipeline(sluice, tmp_path, tmp_path / "in", env={"SHARED_SECRET": databroker.secret})
        up.args = command
        with up as p:
            wait_for(p.log, lambda: socket_file(p.run_dir, "publisher") and ask(socket_file(p.run_dir, "publisher"), "/readyz")[0] == 200, 20)
            publisher = socket_file(p.run_dir, "publisher")
            assert names(scrape(p.run_dir)["publisher"]) == by_file
            assert value(publisher, "sluice_publisher_leader") == 1
            assert value(publisher, "sluice_publisher_records_written_total") == 30
            assert value(publisher, "sluice_publisher_databroker_requests_total", code="OK") >= 3
            assert value(publisher, "sluice_publisher_writes_total") == 1
            # all of them gone at once: the guard holds them
            for i in range(30):
                (tmp_path / "in" / f"app-{i}.yaml").unlink()
            wait_for("the guard", lambda: value(publisher, "sluice_publisher_delete_guard") == 1)
            fill(tmp_path / "in", 30)
            wait_for("the guard is at rest", lambda: value(publisher, "sluice_publisher_delete_guard") == 0)
            # the databroker goes and comes back
            databroker.stop()
            wait_for("failed calls", lambda: value(publisher, "sluice_publisher_databroker_requests_total", code="UNAVAILABLE") >= 1)
            wait_for("no leader", lambda: value(publisher, "sluice_publisher_leader") == 0, 40)
            databroker.start()
            wait_for("the leader again", lambda: value(publisher, "sluice_publisher_leader") == 1, 20)
