"""`sluice web` in Chromium: what the page shows of a running pipeline, to whom, and that it stays text."""
import json
import os
import pathlib
import re
import socket
import subprocess
import zipfile

import pytest
from browser import Browser
from pipeline import CLASS, Pipeline, app, fill, free_port, wait_for, write
from web import ask

AXE = "axe-playwright-python==0.1.8"  # a wheel with axe-core's axe.min.js in it
HOSTILE = '<img src=x onerror=document.title=`taken`>'


class Page:
    """`sluice web` on a port of its own."""

    def __init__(self, sluice, run_dir, *args):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.command = [sluice, "web", "--run-dir", str(run_dir), "--web-bind-address", f"127.0.0.1:{self.port}", *args]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL)
        wait_for("it listens", lambda: ask(self.port, "/")[0] == 200)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(10) == 0

    def json(self, path):
        status, _, body = ask(self.port, path, timeout=20)
        assert status == 200, (status, body)
        return json.loads(body)


def settle(folder):
    """Three that are served, one that is rejected, one that is somebody else's, one in conflict."""
    fill(folder, 3)
    write(folder / "bad.yaml", app("bad", annotations=f"ingress.pomerium.io/policy: '[{{\"allow\":{{\"and\":[{{\"{HOSTILE}\":true}}]}}}}]'"))
    write(folder / "other.yaml", app("other").replace("ingressClassName: pomerium", "ingressClassName: nginx"))
    write(folder / "twin.yaml", app("twin", host="app-1.example.com"))


@pytest.fixture(scope="module")
def pipeline(sluice, tmp_path_factory):
    tmp = tmp_path_factory.mktemp("page")
    settle(tmp / "in")
    with Pipeline(sluice, tmp, tmp / "in", workers=2) as p:
        p.settled()
        yield p


@pytest.fixture(scope="module")
def page(sluice, pipeline):
    with Page(sluice, pipeline.run_dir, "--web-host", "routes.example.com") as page:
        yield page


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def axe():
    """The text of axe.min.js."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "sluice-test-axe"
    if not list(cache.glob("*.whl")):
        subprocess.run(["/usr/bin/python3", "-m", "venv", cache / "venv"], check=True)
        subprocess.run([cache / "venv/bin/pip", "download", "-q", "--no-deps", "-d", cache, AXE], check=True, timeout=600)
    with zipfile.ZipFile(next(cache.glob("*.whl"))) as wheel:
        return wheel.read("axe_playwright_python/axe.min.js").decode()


def rows(n):
    return f"document.querySelectorAll('#rows tr').length === {n}"


def row(text):
    """An expression: the row with this text in it."""
    return f"[...document.querySelectorAll('#rows tr')].find((tr) => tr.innerText.includes({json.dumps(text)}))"


def go(browser, view, what):
    browser.run(f"location.hash = {json.dumps('#' + view)}")
    browser.wait(what)


def test_tables(page):
    said = page.json("/api/routes")
    by_name = {row["name"]: row for row in said["rows"]}
    assert said["matched"] == len(said["rows"]) == 6, list(by_name.values())[5:]
    assert said["owners"] == {"served": 4, "last good": 0, "rejected": 1, "ignored": 1}
    assert by_name["app-0"]["from"] == "https://app-0.example.com" and by_name["app-0"]["to"] == ["http://10.0.0.1:8080"]
    assert by_name["app-0"]["access"] == "nobody" and by_name["app-0"]["state"] == "served"
    assert by_name["bad"]["state"] == "rejected" and "policy" in by_name["bad"]["sentence"]
    assert by_name["other"]["state"] == "ignored" and "nginx" in by_name["other"]["sentence"]
    assert [row["name"] for row in page.json("/api/routes?q=APP-0+served")["rows"]] == ["app-0"]
    assert [row["name"] for row in page.json("/api/routes?state=rejected")["rows"]] == ["bad"]
    assert page.json("/api/routes?offset=6")["rows"] == []
    (conflict,) = page.json("/api/conflicts")["rows"]
    assert [owner["name"] for owner in conflict["owners"]] == ["app-1", "twin"]
    said = page.json("/api/url?url=https://app-1.example.com/x")
    assert said["route"]["name"] == "app-1" and [other["name"] for other in said["others"]] == ["twin"]
    assert "should be an https URL" in page.json("/api/url?url=ftp://x/")["error"]
    said = page.json("/api/explain?kind=Ingress&namespace=shop&name=bad")
    assert said["resolver"]["managed"] and "policy" in said["publisher"]["rejected"]


def test_who_may_ask_and_what(page):
    def status(host):
        with socket.create_connection(("127.0.0.1", page.port), 5) as s:
            s.sendall(f"GET /api/routes HTTP/1.1\r\n{'Host: ' + host if host is not None else 'X: y'}\r\n\r\n".encode())
            return s.makefile("rb").readline().split()[1]
    for host in ("localhost", f"localhost:{page.port}", f"127.0.0.1:{page.port}", "[::1]:80", "ROUTES.example.com"):
        assert status(host) == b"200", host
    for host in ("evil.example", "routes.example.com.evil.example", "127.0.0.1.evil.example:80", "localhost:80x", "", "[::1]x"):
        assert status(host) in (b"421", b"400"), host
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert ask(page.port, "/api/routes", method)[0] == 405
    _, headers, text = ask(page.port, "/")
    assert "default-src 'self'" in headers["Content-Security-Policy"] and "trusted-types 'none'" in headers["Content-Security-Policy"]
    assert not re.search(r'(src|href)="(?!page\.(js|css)"|#)', text)  # nothing is loaded from elsewhere
    assert ask(page.port, "/no/such")[0] == 404 and ask(page.port, "/api/routes?offset=-1")[0] == 400
    assert ask(page.port, "/api/explain?kind=Secret&namespace=x&name=y")[0] == 200  # both rooms say no


def test_loopback_unless_told(sluice):
    done = subprocess.run([sluice, "web", "--help"], capture_output=True, text=True)
    assert "127.0.0.1:8088" in done.stdout
    done = subprocess.run([sluice, "web", "--web-bind-address", "nowhere"], capture_output=True, text=True)
    assert done.returncode == 2 and "--web-bind-address" in done.stderr


def test_a_row_changes_within_a_second(pipeline, page, browser):
    browser.resize(1280)
    browser.open(page.url)
    browser.wait(rows(6))
    browser.wait("document.querySelector('#live').dataset.state === 'on'")
    took = []
    for i in range(3):
        write(pipeline.folder / "app-2.yaml", app("app-2", f"10.0.9.{i}"))
        took.append(browser.wait(f"{row(f'10.0.9.{i}')}?.innerText.includes('app-2')"))
    assert min(took) < 1.0, took
    write(pipeline.folder / "app-2.yaml", app("app-2", "10.0.9.9", annotations="ingress.pomerium.io/policy: 'nonsense'"))
    browser.wait(f"{row('app-2')}.innerText.includes('last good')")
    write(pipeline.folder / "app-2.yaml", app("app-2", "10.0.0.3"))
    browser.wait(f"{row('app-2')}.innerText.includes('mended')")
    go(browser, "changes", f"{row('app-2')}?.innerText.includes('mended')")


def test_what_tenants_write_stays_text(page, browser):
    browser.open(page.url)
    browser.wait(f"{row('bad')}?.innerText.includes('<img src=x')")
    go(browser, "ingress/Ingress/shop/bad", "document.querySelector('#facts').innerText.includes('<img src=x')")
    go(browser, "url/" + "https%3A%2F%2F%3Cimg%20src%3Dx%3E", "document.querySelector('#facts').innerText.includes('error')")
    assert browser.run("document.querySelectorAll('img, #main script').length") == 0
    assert browser.run("document.title") != "taken" and not browser.complaints


def test_every_view(pipeline, page, browser):
    browser.open(page.url)
    browser.wait(rows(6))
    browser.press("/", 191, "/")
    assert browser.run("document.activeElement.id") == "words"
    browser.type("app-1")
    browser.wait(rows(2))  # and its twin, which has that host
    browser.wait("document.querySelectorAll('#pipeline li[data-state=on]').length === 4")
    assert "2 are ready" in browser.run("document.querySelector('#pipeline').innerText")
    go(browser, "conflicts", f"{row('app-1.example.com')}?.innerText.includes('shop/twin loses')")
    go(browser, "certificates", "document.querySelector('#count').innerText === '0 certificates'")
    go(browser, "held", "document.querySelector('#count').innerText === 'Nothing is held back.'")
    go(browser, "processes", rows(5))
    go(browser, "ingress/Ingress/shop/app-0", "document.querySelector('#facts').innerText.includes('as wanted')")
    go(browser, "url", "!document.querySelector('#ask').hidden")
    browser.run("document.querySelector('#address').focus()")
    browser.type("https://app-1.example.com/x")
    browser.press("Enter", 13, "\r")
    browser.wait("document.querySelector('#facts').innerText.includes('of shop/app-1')")
    assert pipeline.kill("publisher")
    browser.wait("document.querySelectorAll('#pipeline li[data-state=on]').length === 4", 20)
    assert not browser.complaints


@pytest.mark.parametrize("width, scheme", [(1280, "light"), (320, "dark")])
def test_axe_finds_nothing(page, browser, axe, width, scheme):
    browser.resize(width, scheme=scheme)
    browser.open(page.url)
    browser.wait(rows(6))
    browser.run(axe + "; true")
    for view, there in (("routes", rows(6)), ("conflicts", rows(1)), ("changes", "document.querySelectorAll('#rows tr').length > 3"), ("processes", rows(5)),
                        ("ingress/Ingress/shop/app-0", "document.querySelector('#facts dd')"), ("url/https%3A%2F%2Fapp-1.example.com%2F", "document.querySelector('#facts dd')")):
        go(browser, view, there)
        found = browser.run("axe.run(document).then((r) => r.violations.map((v) => [v.id, v.nodes.slice(0, 3).map((n) => n.html + ' ' + n.failureSummary)]))")
        assert not found, (view, found)
        assert browser.run("document.documentElement.scrollWidth") <= width, view
