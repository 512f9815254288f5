#!/usr/bin/env python3
"""The conformance suite of the Gateway API, upstream's own, against sluice on a real API server.

Everything runs in a network of its own, where the addresses of Pods and Services are those of the machine: etcd and
kube-apiserver (lib/cluster.py), the node (node/), sluice, what serves its routes (standin/), and the suite.

usage: rig.py --report FOLDER [SLUICE]   runs all that sluice claims, and writes the suite's report: standin.yaml, or
                                        pomerium.yaml if POMERIUM_BIN names a Pomerium, which then serves the routes
       rig.py SLUICE FOLDER [TEST...]    inside: what `run` calls
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

from cluster import Cluster, ClusterPipeline, binaries, gateway_crds, go  # noqa: E402
from databroker import new_secret  # noqa: E402
from pipeline import wait_for  # noqa: E402

ADDRESS, DNS = "10.99.0.1", "10.96.0.10"
CLASS = "conformance"
POMERIUM = os.environ.get("POMERIUM_BIN", "")  # the real one, in place of the stand-in
UNSHARE = ["unshare", "--net", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"])]
# the tests of the profile that need no traffic
CONTROL = ("GatewayClassObservedGenerationBump", "GatewayInvalidParametersRef", "GatewayInvalidRouteKind", "GatewayInvalidTLSConfiguration",
           "GatewayListenerUnsupportedProtocol", "GatewayModifyListeners", "GatewayObservedGenerationBump", "GatewaySecretInvalidReferenceGrant",
           "GatewaySecretMissingReferenceGrant", "GatewaySecretReferenceGrantAllInNamespace", "GatewaySecretReferenceGrantSpecific",
           "GatewayWithAttachedRoutes", "HTTPRouteInvalidCrossNamespaceParentRef", "HTTPRouteInvalidParentRefNotMatchingSectionName",
           "HTTPRouteObservedGenerationBump")
# the tests of it that send requests
TRAFFIC = ("HTTPRouteCrossNamespace", "HTTPRouteExactPathMatching", "HTTPRouteHostnameIntersection", "HTTPRouteHTTPSListener",
           "HTTPRouteInvalidBackendRefUnknownKind", "HTTPRouteInvalidCrossNamespaceBackendRef", "HTTPRouteInvalidNonExistentBackendRef",
           "HTTPRouteInvalidReferenceGrant", "HTTPRouteListenerHostnameMatching", "HTTPRouteNoBackendRefs",
           "HTTPRoutePartiallyInvalidViaInvalidReferenceGrant", "HTTPRoutePathMatchOrder", "HTTPRouteRedirectHostAndStatus",
           "HTTPRouteReferenceGrant", "HTTPRouteServiceTypes", "HTTPRouteSimpleSameNamespace", "HTTPRouteWeight")
# and those that Pomerium cannot pass
IMPOSSIBLE = {
    "HTTPRouteHeaderMatching": "Pomerium chooses a route by host and path, not by headers",
    "HTTPRouteMatching": "Pomerium chooses a route by host and path, not by headers",
    "HTTPRouteMatchingAcrossRoutes": "Pomerium chooses a route by host and path, not by headers",
    "HTTPRouteMultipleGateways": "Pomerium has one address, which all Gateways share; two of them have one host and path",
    "HTTPRouteRequestHeaderModifier": "Pomerium sets a header or takes it away; a value that is added stands behind a comma if the client sent none",
}
# Everybody gets in: the suite has no session. sluice applies it to every rule that has no policy of its own.
OBJECTS = f"""apiVersion: gateway.pomerium.io/v1alpha1
kind: PolicyFilter
metadata: {{name: everybody, namespace: sluice}}
spec: {{ppl: "allow: {{or: [{{accept: true}}]}}"}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: {CLASS}}}
spec:
  controllerName: pomerium.io/gateway-controller
  parametersRef: {{group: gateway.pomerium.io, kind: PolicyFilter, namespace: sluice, name: everybody}}
"""


def possible():
    """Whether this machine lets us have a network and mounts of our own."""
    return subprocess.run([*UNSHARE, "ip", "link", "set", "lo", "up"], capture_output=True).returncode == 0


def programs():
    """The folder with `node`, `standin` and `suite.test`; go's own cache makes a second build a matter of seconds."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "sluice-test-conformance"
    cache.mkdir(parents=True, exist_ok=True)
    subprocess.run([go(), "build", "-trimpath", "-o", f"{cache}/", "./node", "./standin"], cwd=HERE, check=True, timeout=3000)
    subprocess.run([go(), "test", "-c", "-trimpath", "-o", cache / "suite.test", "./suite"], cwd=HERE, check=True, timeout=3000)
    return cache


def run(sluice, tmp, tests=(), seconds=900):
    """Runs these tests of the suite, or all; {name: "PASS", "FAIL" or "SKIP"}. Its words are in tmp/suite.log, its report in tmp/report.yaml."""
    binaries(), gateway_crds(), programs()  # what has to be downloaded is, as long as there is a network
    with open(tmp / "rig.log", "w") as log:
        subprocess.run([*UNSHARE, sys.executable, str(HERE / "rig.py"), sluice, str(tmp), *tests], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                       timeout=seconds, check=True)
    return {name: verdict for verdict, name in re.findall(r"(?m)^    --- (PASS|FAIL|SKIP): TestConformance/(\w+) \(", (tmp / "suite.log").read_text())}


def have_network(tmp):
    # the API server looks for its own address where the default route goes
    for command in (["link", "set", "lo", "up"], ["address", "add", f"{ADDRESS}/16", "dev", "lo"], ["address", "add", f"{DNS}/16", "dev", "lo"],
                    ["route", "add", "default", "dev", "lo"]):
        subprocess.run(["ip", *command], check=True)
    (tmp / "resolv.conf").write_text(f"nameserver {DNS}\n")
    subprocess.run(["mount", "--bind", tmp / "resolv.conf", "/etc/resolv.conf"], check=True)


def suite(tmp, cluster, sluice, tests):
    """The suite itself, all tests that sluice claims or only these."""
    version = subprocess.run([sluice, "--version"], capture_output=True, text=True).stdout.split()[-1]
    command = [programs() / "suite.test", "-test.v", "-test.timeout=30m", f"--gateway-class={CLASS}", "--conformance-profiles=GATEWAY-HTTP",
               "--cleanup-base-resources=false", f"--report-output={tmp / 'report.yaml'}", "--organization=sluice", "--project=sluice",
               "--url=https://example.com/sluice", f"--version={version}", "--contact=see SECURITY.md",
               f"--skip-tests={','.join(sorted(set(names()) - set(tests) if tests else IMPOSSIBLE))}"]
    with open(tmp / "suite.log", "w") as log:
        return subprocess.run(command, cwd=tmp, stdout=log, stderr=log, env={**os.environ, "KUBECONFIG": str(cluster.kubeconfig())}).returncode


def names():
    """Of all tests that the suite has."""
    done = subprocess.run([go(), "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api/conformance"], cwd=HERE, capture_output=True, text=True, check=True)
    return [name for path in pathlib.Path(done.stdout.strip(), "tests").glob("*.go") for name in re.findall(r'ShortName:\s+"(\w+)"', path.read_text())]


def inside(sluice, tmp, *tests):
    tmp = pathlib.Path(tmp)
    have_network(tmp)
    with Cluster(tmp / "cluster") as cluster, contextlib.ExitStack() as stack:
        cluster.install_crds()
        cluster.install_gateway_api()
        cluster.apply_yaml(OBJECTS)
        start(stack, programs() / "node", "--kubeconfig", cluster.kubeconfig())
        args = ["--status-address", ADDRESS, "--gateway-no-backend-status", "500", "--gateway-path-elements"]
        if POMERIUM:
            args += start_pomerium(stack, tmp)
        p = ClusterPipeline(sluice, tmp, cluster, *args)
        if POMERIUM:
            at = p.args.index("--out")
            del p.args[at:at + 4]  # it writes into the databroker
        stack.enter_context(p)
        if not POMERIUM:
            start(stack, programs() / "standin", "--out", p.out)
        features = lambda: cluster.call("GET", f"/apis/gateway.networking.k8s.io/v1/gatewayclasses/{CLASS}")[1].get("status", {}).get("supportedFeatures")
        wait_for(p.log, features, 30)
        suite(tmp, cluster, sluice, tests)
        assert p.process.poll() is None, p.log()[-3000:]


def start_pomerium(stack, tmp):
    """Two of them, since each has one port: the first serves HTTPS and has the databroker, the second HTTP. The flags with which sluice finds it."""
    secret = new_secret()
    for name, port, grpc, more in (("https", 443, 5443, {"services": "all"}),
                                   ("http", 80, 6443, {"services": "authorize,proxy", "insecure_server": True,
                                                       "databroker_service_url": "http://127.0.0.1:5443"})):
        home = tmp / name
        home.mkdir()
        (home / "config.yaml").write_text(json.dumps({
            "address": f"{ADDRESS}:{port}", "grpc_address": f"127.0.0.1:{grpc}", "grpc_insecure": True, "shared_secret": secret, "cookie_secret": new_secret(),
            "authenticate_service_url": "https://authenticate.pomerium.invalid", "envoy_admin_address": f"127.0.0.1:{grpc + 1}",
            "health_check_addr": f"127.0.0.1:{grpc + 2}", "metrics_address": f"127.0.0.1:{grpc + 3}", **more}))
        start(stack, POMERIUM, "--config", home / "config.yaml", env={**os.environ, "HOME": str(home), "TMPDIR": str(home), "XDG_CACHE_HOME": str(home)})
    return ["--databroker-service-url", "http://127.0.0.1:5443", "--shared-secret", secret]


def start(stack, *command, env=None):
    process = subprocess.Popen(command, env=env)
    stack.callback(process.wait)
    stack.callback(process.kill)


def report(folder, sluice="build/sluice"):
    """Runs all, and keeps the report. 0 if nothing failed."""
    path = pathlib.Path(folder, "pomerium.yaml" if POMERIUM else "standin.yaml")
    with tempfile.TemporaryDirectory(prefix="sluice-conformance-") as tmp:
        verdicts = run(str(pathlib.Path(sluice).resolve()), pathlib.Path(tmp))
        shutil.copyfile(pathlib.Path(tmp, "report.yaml"), path)
        failed = [name for name, verdict in verdicts.items() if verdict == "FAIL"]
        if failed:
            print(pathlib.Path(tmp, "suite.log").read_text())
    print(f"{sum(verdict == 'PASS' for verdict in verdicts.values())} passed, {len(failed)} failed{': ' if failed else ''}{' '.join(failed)}; the report is {path}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(report(*sys.argv[2:]) if sys.argv[1] == "--report" else inside(*sys.argv[1:]))
