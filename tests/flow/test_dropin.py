"""Where the Go controller ran before: its flags, its settings, its manifests."""
import json
import subprocess

import pytest
from bootstrap import POMERIUM, secret
from databroker import Databroker, Up
from pipeline import CLASS, app, fill, translate, wait_for, write


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "in/class.yaml", CLASS)
    write(tmp_path / "in/pomerium.yaml", POMERIUM)
    write(tmp_path / "in/secret.yaml", secret())
    return tmp_path / "in"


@pytest.fixture
def databroker(tmp_path):
    with Databroker(tmp_path / "databroker") as d:
        yield d


def settings(databroker):
    return databroker.records().get("sluice/settings", {}).get("settings", {})


def up(sluice, *args, **more):
    return subprocess.run([sluice, "up", *args], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, **more)


# ---- settings ----

def test_http3_is_reached_at_the_port_of_the_service(sluice, tmp_path, folder, databroker):
    write(folder / "pomerium.yaml", POMERIUM + "  codecType: http3\n")
    assert "advertise" not in translate(sluice, folder)[1].decode(), "config.yaml has no key for it"
    with Up(sluice, tmp_path / "a", folder, databroker) as p:
        wait_for(p.log, lambda: settings(databroker) == {"codec_type": "CODEC_TYPE_HTTP3", "http3_advertise_port": 443})
        write(folder / "pomerium.yaml", POMERIUM + "  codecType: http2\n")
        wait_for(p.log, lambda: settings(databroker) == {"codec_type": "CODEC_TYPE_HTTP2"})
    write(folder / "pomerium.yaml", POMERIUM + "  codecType: http3\n")
    with Up(sluice, tmp_path / "b", folder, databroker, env={"HTTP3_ADVERTISE_PORT": "8443"}) as p:
        wait_for(p.log, lambda: settings(databroker).get("http3_advertise_port") == 8443)
        before = len(databroker.writes())
        write(folder / "app.yaml", app("app"))
        wait_for(p.log, lambda: "sluice/ingress/shop/app" in databroker.records())
        assert databroker.written(before) == ["sluice/ingress/shop/app"], "the settings are as they should be"


def test_a_missing_certificate_holds_up_nothing_else(sluice, tmp_path, folder, databroker):
    write(folder / "pomerium.yaml", POMERIUM + "  certificates: [pomerium/later]\n  codecType: http2\n")
    status, _, sentences = translate(sluice, folder)
    assert status == 0 and 'global: warning: spec.certificates: Secret "pomerium/later" not found' in sentences
    with Up(sluice, tmp_path / "a", folder, databroker) as p:
        wait_for(p.log, lambda: settings(databroker) == {"codec_type": "CODEC_TYPE_HTTP2"})
        assert "pomerium/later" in p.log() and "msg=rejected" not in p.log()


@pytest.mark.parametrize("spec,wanted,words", [
    ("authenticate: {url: https://login.example.com}", {"authenticate_service_url": "https://login.example.com"}, "without spec.identityProvider"),
    ("identityProvider: {provider: hosted}", {"idp_provider": "hosted"}, "without spec.authenticate")])
def test_objects_that_older_crds_took(sluice, folder, spec, wanted, words):
    write(folder / "pomerium.yaml", f"{POMERIUM}  {spec}\n")
    status, out, sentences = translate(sluice, folder)
    assert status == 0 and words in sentences and json.loads(out)["settings"] == wanted


# ---- flags ----

def test_flags_that_have_no_effect_are_named(sluice, tmp_path, folder):
    given = {"--leader-election-id": "x", "--leader-election-namespace": "y", "--certificate-controller-name": "c",
             "--config-controller-shutdown": "30s"}
    write(folder / "app.yaml", app("app"))
    flags = [f"{name}={value}" for name, value in given.items()]
    done = up(sluice, "-f", folder, "--out", tmp_path / "out", "--once", *flags)
    assert done.returncode == 0, done.stderr
    env = {name[2:].upper().replace("-", "_"): value for name, value in given.items()}
    said = up(sluice, "-f", folder, "--out", tmp_path / "out", "--once", env=env)
    for log in (done.stderr, said.stderr):
        lines = [line for line in log.splitlines() if "flag has no effect" in line]
        assert sorted(line.split("flag=")[1].split()[0] for line in lines) == sorted(given)
        assert all(" level=warn " in line and " reason=" in line for line in lines)


@pytest.mark.parametrize("name", ["sync-api-url", "sync-api-token", "sync-api-namespace-id", "sync-api-ingress"])
def test_the_unified_api_is_refused_not_ignored(sluice, tmp_path, folder, name):
    value = "https://secret-value.example.com"
    for args, env in (([f"--{name}", value], None), ([], {name.upper().replace("-", "_"): value})):
        done = up(sluice, "-f", folder, "--out", tmp_path / "out", "--once", *args, env=env)
        assert done.returncode == 2 and f"--{name}: " in done.stderr and done.stderr.count("\n") == 1
        assert value not in done.stderr and not (tmp_path / "out").exists()


def test_debug_shows_debug_lines(sluice, tmp_path, folder):
    assert "level=debug" in up(sluice, "-f", folder, "--out", tmp_path / "out", "--once", "--debug").stderr
    assert "level=debug" not in up(sluice, "-f", folder, "--out", tmp_path / "out2", "--once").stderr


def test_a_diff_names_records_and_no_values(sluice, tmp_path, folder, databroker):
    write(folder / "values.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\nstringData: {X-Key: CANARY-VALUE}\n")
    write(folder / "app.yaml", app("app", annotations="ingress.pomerium.io/set_request_headers_secret: s"))
    with Up(sluice, tmp_path / "a", folder, databroker, "--debug-dump-config-diff") as p:
        wait_for(p.log, lambda: "record=sluice/ingress/shop/app change=added routes=1" in p.log())
        write(folder / "app.yaml", app("app", "10.9.9.9", "ingress.pomerium.io/set_request_headers_secret: s"))
        wait_for(p.log, lambda: "record=sluice/ingress/shop/app change=changed" in p.log())
        (folder / "app.yaml").unlink()
        wait_for(p.log, lambda: "record=sluice/ingress/shop/app change=removed" in p.log())
        assert "CANARY" not in p.log()
    fill(folder, 1)
    with Up(sluice, tmp_path / "b", folder, databroker) as p:
        wait_for(p.log, lambda: "msg=published" in p.log())
        assert "record=sluice" not in p.log()
