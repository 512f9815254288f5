"""The Pomerium object: settings that sluice takes, the real Envoy takes in what Pomerium makes of them."""
import base64
import json
import os
import random
import subprocess

import der
import envoy
import pytest
import test_envoy_routes

GENERATED = int(os.environ.get("GENERATED", "60"))
SEED = int(os.environ.get("SEED", "1"))
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bootstrap", "namespace": "pomerium"},
          "data": {k: base64.b64encode(b"0" * 32).decode() for k in ("shared_secret", "cookie_secret")}}
ROUTE = {"name": "a", "id": "a", "from": "https://a.example.com", "to": ["https://a.internal:8443"], "prefix": "/"}


def translate(sluice, tmp_path, spec):
    """The settings, or None and the sentences."""
    path = tmp_path / "settings.json"
    path.write_text("\n---\n".join(json.dumps(o) for o in [SECRET, {
        "apiVersion": "ingress.pomerium.io/v1", "kind": "Pomerium", "metadata": {"name": "global"}, "spec": {"secrets": "pomerium/bootstrap", **spec}}]))
    done = subprocess.run([sluice, "translate", "-f", path, "--format", "json"], capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    return (json.loads(done.stdout).get("settings", {}) if done.returncode == 0 else None), done.stderr


def certificate():
    key = der.new_key("ec:prime256v1")
    return der.new_certificate(key), key


PAIR = certificate()
BUNDLE = base64.b64encode(PAIR[0]).decode()


def durations(rng):
    return rng.choice(["0s", "1ns", "1ms", "1s", "30s", "1h", "87600h", "2540400h", "2562047h", "-1s"])


def spec(rng):
    headers = lambda: json.loads(test_envoy_routes.header(rng)[1])
    made = {
        "setResponseHeaders": headers,
        "allowUpgrades": lambda: [rng.choice(["websocket", "WebSocket", "foo", "Foo", "CONNECT", "connect", "a\nb"]) for _ in range(rng.randrange(1, 3))],
        "timeouts": lambda: {k: durations(rng) for k in rng.sample(["idle", "read", "write"], 1)},
        "dns": lambda: {k: durations(rng) for k in rng.sample(["failureRefreshRate", "queryTimeout", "refreshRate"], 2)},
        "jwtClaimHeaders": lambda: {rng.choice(["X-A", "x b", "", ":path", "é", "host"]): "email"},
        "downstreamMtls": lambda: {"ca": rng.choice([BUNDLE, BUNDLE[:len(BUNDLE) // 2], base64.b64encode(b"hello").decode()]),
                                    "enforcement": rng.choice(["policy", "reject_connection"]),
                                    "matchSubjectAltNames": {rng.choice(["dns", "email", "uri", "ipAddress", "userPrincipalName"]): test_envoy_routes.regex(rng)[1]}},
    }
    name = rng.choice(list(made))
    return {name: made[name]()}


def refused(settings):
    return envoy.judge(envoy.bootstrap([ROUTE], settings, [PAIR]))


@pytest.mark.parametrize("good", [{}, {"downstreamMtls": {"ca": BUNDLE}}, {"allowUpgrades": ["websocket", "foo"]}, {"dns": {"refreshRate": "2ms", "queryTimeout": "1s"}}, {"setResponseHeaders": {"X-A": "%REQ(x)%"}}])
def test_good(sluice, tmp_path, good):
    settings, said = translate(sluice, tmp_path, good)
    assert settings is not None, said
    assert refused(settings) is None


@pytest.mark.parametrize("bad, code", [
    ({"downstreamMtls": {"ca": "aGVsbG8="}}, 1220), ({"allowUpgrades": ["WebSocket"]}, 1709), ({"setResponseHeaders": {"X-A": "%UNKNOWN%"}}, 1304),
    ({"setResponseHeaders": {"X-A": "%ENVIRONMENT(HOME)%"}}, 1307), ({"timeouts": {"idle": "-1s"}}, 1818), ({"dns": {"refreshRate": "1ms"}}, 1828),
    ({"jwtClaimHeaders": {":path": "email"}}, 1816), ({"jwtClaimHeaders": {"Host": "email"}}, 1816),
    ({"downstreamMtls": {"ca": BUNDLE, "matchSubjectAltNames": {"dns": "\\x{100}"}}}, 1506)])
def test_bad(sluice, tmp_path, bad, code):
    settings, said = translate(sluice, tmp_path, bad)
    assert settings is None and f"[SLU{code}]" in said, said


def test_generated(sluice, tmp_path):
    rng = random.Random(f"{SEED} settings")
    bad, n_good = [], 0
    for _ in range(GENERATED):
        made = spec(rng)
        settings, _ = translate(sluice, tmp_path, made)
        if settings is not None:
            n_good += 1
            why = refused(settings)
            if why:
                bad.append((made, why))
    assert 0 < n_good < GENERATED
    assert not bad, "\n".join(map(str, bad))
