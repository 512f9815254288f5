"""docs/tutorial.md as it stands: its commands in the order of the page, what they print, and its pictures."""
import os
import pathlib
import re
import signal
import struct
import subprocess

import pytest
from browser import Browser
from pipeline import free_port, wait_for

ROOT = pathlib.Path(__file__).parent.parent.parent
PAGE = ROOT / "docs/tutorial.md"
SIZE = 1280, 720


def steps(text):
    """("sh" or "text", block) and ("picture", file), in their order."""
    for language, block, picture in re.findall(r"(?ms)^```(\w+)\n(.*?)^```$|^!\[[^]]*\]\(pictures/([\w-]+\.png)\)$", text):
        yield (language, block) if language else ("picture", picture)


class Reader:
    """Somebody with two terminals and a browser, in a folder of their own."""

    def __init__(self, sluice, tmp_path):
        self.port, self.tmp = free_port(), tmp_path
        self.here = {"/tmp/tutorial": str(tmp_path), "build/sluice": sluice, "127.0.0.1:8088": f"127.0.0.1:{self.port}"}
        self.first, self.said = None, tmp_path / "first-terminal"
        self.ask, self.words = None, {}

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        if self.first:
            self.first.send_signal(signal.SIGINT)
            assert self.first.wait(20) == 0 or failure[0]

    def here_is(self, text):
        for theirs, ours in self.here.items():
            text = text.replace(theirs, ours)
        return text

    def run(self, command):
        done = subprocess.run(["sh", "-uc", self.here_is(command)], cwd=ROOT, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        assert not re.search(r"not found|usage", done.stderr), done.stderr
        return done.stdout

    def sh(self, block):
        """What starts the pipeline stays; the last line of the others is what they look with: it is asked until it says what it should."""
        if " up -f " in block:
            self.first = subprocess.Popen(["sh", "-c", f"exec {self.here_is(block)}"], cwd=ROOT, stdout=self.said.open("w"), stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
            self.ask = self.said.read_text
            return
        before, _, last = block.rstrip().rpartition("\n")
        looks = re.match(r"build/sluice|cksum .*\| diff", last)
        if not looks or before:
            self.run(before if looks else block)
        self.ask = (lambda: self.run(last)) if looks else None

    def text(self, block):
        want = self.here_is(block).strip()
        seen = {}

        def there():
            seen["now"] = self.ask()
            return want in seen["now"] if self.ask == self.said.read_text else seen["now"].strip() == want
        wait_for(lambda: f"{want}\nbut\n{seen['now']}", there, 20)


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


def test_the_tutorial(sluice, tmp_path, browser):
    """PICTURES=docs/pictures keeps what the page looked like."""
    folder = pathlib.Path(os.environ.get("PICTURES", tmp_path))
    seen = {"sh": 0, "text": 0, "picture": 0}
    with Reader(sluice, tmp_path) as reader:
        for kind, what in steps(PAGE.read_text()):
            seen[kind] += 1
            if kind == "sh" and what != "make\n":
                reader.sh(what)
            elif kind == "text":
                reader.text(what)
            elif kind == "picture":
                browser.resize(*SIZE)
                browser.open(f"http://127.0.0.1:{reader.port}/")
                state = re.search(r"tutorial-([a-z-]+)\.png", what)[1].replace("-", " ")
                browser.wait(f"document.querySelector('#rows')?.innerText.includes({state!r})")
                browser.wait("document.querySelectorAll('#pipeline li[data-state=on]').length === 4")
                browser.screenshot(folder / what)
                assert struct.unpack(">II", (folder / what).read_bytes()[16:24]) == SIZE
                assert 5000 < (ROOT / "docs/pictures" / what).stat().st_size < 200000, f"PICTURES=docs/pictures makes {what}"
    assert seen["sh"] > 8 and seen["text"] > 6 and seen["picture"] == 2
