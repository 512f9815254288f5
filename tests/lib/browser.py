"""Chromium without a window, driven over its own protocol through two pipes."""
import base64
import fcntl
import json
import os
import pathlib
import subprocess
import tempfile
import time

from pipeline import wait_for

CHROMIUM = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--hide-scrollbars", "--force-color-profile=srgb"]


class Browser:
    """One browser with one page. What the page writes to its console as an error, or breaks of its policy, is in `complaints`."""

    def __init__(self):
        self.complaints, self.last_id, self.session = [], 0, None
        self.trace, self.traced = [], False

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sluice-chromium-", ignore_cleanup_errors=True)
        ends = [*os.pipe(), *os.pipe()]  # far from 3 and 4, which the browser reads and writes
        commands, self.to_browser, self.from_browser, events = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100) for fd in ends]
        for fd in ends:
            os.close(fd)
        self.process = subprocess.Popen(["bash", "-c", f'exec "$@" 3<&{commands} 4>&{events}', "bash", *CHROMIUM, f"--user-data-dir={self.folder.name}", "about:blank"],
                                        pass_fds=(commands, events), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, "HOME": self.folder.name})
        os.close(commands)
        os.close(events)
        self.rest = b""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.to_browser)
        os.close(self.from_browser)
        self.folder.cleanup()

    # ---- protocol ----

    def _next(self):
        while b"\0" not in self.rest:
            piece = os.read(self.from_browser, 1 << 20)
            assert piece, "the browser has ended"
            self.rest += piece
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def _note(self, event):
        params = event.get("params", {})
        if event.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(params["entry"]["text"])
        if event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params["exceptionDetails"])[:1000])
        if event.get("method") == "Tracing.dataCollected":
            self.trace += params["value"]
        self.traced |= event.get("method") == "Tracing.tracingComplete"

    def call(self, method, **params):
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": params, **({"sessionId": self.session} if self.session else {})}
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self.last_id:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self._note(answer)

    # ---- the page ----

    def run(self, script):
        """What an expression gives, a promise awaited."""
        done = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def open(self, url):
        self.call("Page.navigate", url=url)

    def wait(self, script, seconds=10.0):
        """Waits until an expression is true; returns the seconds that it took."""
        begun = time.monotonic()
        wait_for(lambda: f"{script}; the page: {self.run('document.body.innerText')[:3000]}", lambda: self.run(f"!!({script})"), seconds)
        return time.monotonic() - begun

    def resize(self, width, height=900, scheme="light"):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def press(self, key, code=0, text=""):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **({"text": text} if text and kind == "keyDown" else {}))

    def type(self, text):
        self.call("Input.insertText", text=text)

    def screenshot(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    # ---- how long its tasks are ----

    def begin_trace(self):
        self.trace, self.traced = [], False
        self.call("Tracing.start", transferMode="ReportEvents", traceConfig={"includedCategories": ["toplevel", "disabled-by-default-devtools.timeline"]})

    def longest_task_ms(self):
        """Of processor time, on the thread of the page, since begin_trace."""
        self.call("Tracing.end")
        while not self.traced:
            self._note(self._next())
        threads = {(e["pid"], e["tid"]) for e in self.trace if e["name"] == "thread_name" and e["args"]["name"] == "CrRendererMain"}
        tasks = [e["tdur"] / 1000 for e in self.trace if e["name"] == "RunTask" and "tdur" in e and (e["pid"], e["tid"]) in threads]
        assert len(tasks) > 50, "the trace has no tasks of the page"
        return max(tasks)
