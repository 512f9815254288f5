"""The metrics of a real pipeline: what promtool says of them, that their number stays, that docs/operation.md has them all."""
import pathlib
import re
import signal
import subprocess
import time

import pytest
from pipeline import Pipeline, app, fill, read, wait_for, write
from web import ask, metrics, socket_file, value

ROOT = pathlib.Path(__file__).parent.parent.parent
ROOMS = ("watcher", "resolver", "translator", "publisher")


def scrape(run_dir):
    """{room: the text of /metrics}"""
    return {room: ask(socket_file(run_dir, room), "/metrics")[2] for room in ROOMS}


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
        many = scrape(p.run_dir)
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
