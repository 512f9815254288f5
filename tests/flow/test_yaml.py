"""Pomerium's config.yaml: one file, the same from the pipeline as from the offline command."""
import base64
import pathlib
import re
import subprocess

import pytest

CASES = pathlib.Path(__file__).parent.parent / "golden/cases"


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def both(sluice, case, tmp_path):
    """What `translate` prints and what `up` writes."""
    given, out = CASES / case / "input.yaml", tmp_path / "config.yaml"
    run(sluice, "up", "--once", "-f", given, "--format", "yaml", "--out", out)
    return run(sluice, "translate", "-f", given, "--format", "yaml"), out.read_text()


@pytest.mark.parametrize("case", ["bootstrap/minimal", "bootstrap/cookie-secret-missing", "ingress/order-schemes", "settings/certificates",
                                  "settings/storage-postgres"])
def test_both_commands_write_the_same(sluice, tmp_path, case):
    printed, written = both(sluice, case, tmp_path)
    assert printed == written
    assert ("shared_secret: " in written) == (case in ("bootstrap/minimal", "settings/certificates", "settings/storage-postgres"))


def test_storage_files_are_named_by_the_folder_alone(sluice, tmp_path):
    printed, written = both(sluice, "bootstrap/storage-postgres-ca", tmp_path)
    assert "%24%7BTMPDIR%7D%2Fsslrootcert-" in printed
    assert written == printed.replace("%24%7BTMPDIR%7D", f"{tmp_path}/config.yaml.files".replace("/", "%2F"))


def test_several_certificates_are_files(sluice, tmp_path):
    printed, written = both(sluice, "ingress/cert-three-sorted", tmp_path)
    shape = re.compile(r'^  [- ] (?:cert|key): "(.*)"$', re.M)
    texts, names = shape.findall(printed), shape.findall(written)
    assert len(texts) == len(names) == 6
    assert shape.sub("", printed) == shape.sub("", written)
    for text, name in zip(texts, names):
        file = pathlib.Path(name)
        assert file.parent == tmp_path / "config.yaml.files"
        assert file.read_bytes() == base64.b64decode(text)
        assert file.stat().st_mode & 0o777 == 0o600
    both(sluice, "ingress/plain-no-annotations", tmp_path)
    assert not list((tmp_path / "config.yaml.files").iterdir())


def test_the_bootstrap_part_alone_says_nothing_of_routes(sluice):
    given = CASES / "bootstrap/minimal/input.yaml"
    assert "routes" not in run(sluice, "translate", "--bootstrap", "-f", given, "--format", "yaml")
