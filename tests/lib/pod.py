"""Deployments as processes on this machine: what a kubelet does, as far as our containers can tell. Each process sees a root of
its own, read-only, with the volumes in their places and the tokens in them; only the ports are others than in the manifest."""
import base64
import collections
import http.client
import os
import pathlib
import re
import shutil
import subprocess

from pipeline import free_port, wait_for

# usage: ROOT FOLDER-OF-BINARIES USER [SOURCE TARGET ro|rw]... -- COMMAND...
CONTAINER = r"""
root=$1 binaries=$2 user=$3
shift 3
mount -t tmpfs -o mode=0755 none "$root"
for d in usr etc proc dev bin sbin lib lib64; do
	if [ -L /$d ]; then cp -P /$d "$root/"; elif [ -d /$d ]; then mkdir "$root/$d"; mount --rbind /$d "$root/$d"; fi
done
mount --bind "$binaries" "$root/usr/local/bin"
while [ "$1" != -- ]; do
	mkdir -p "$root$2"
	mount --bind "$1" "$root$2"
	[ "$3" = rw ] || mount -o remount,bind,ro "$root$2"
	shift 3
done
shift
mount -o remount,ro "$root"
exec chroot "$root" setpriv $user --bounding-set=-all --inh-caps=-all --no-new-privs -- "$@"
"""
UNSHARE = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--mount", "--map-root-user"]


def possible():
    """Whether this machine lets us have mounts of our own."""
    return subprocess.run([*UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0


class Kubelet:
    """`pomerium(path)` is called in place of the container of Pomerium, with the path of its configuration. `env`: more environment
    of a container."""

    def __init__(self, cluster, build, tmp, pomerium, env=None):
        self.cluster, self.build, self.tmp, self.pomerium = cluster, pathlib.Path(build), pathlib.Path(tmp), pomerium
        self.tmp.mkdir(parents=True, exist_ok=True)
        self.env = env or {}
        self.ports = collections.defaultdict(free_port)  # in the manifest -> here
        self.pods = []

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        statuses = [s for pod in reversed(self.pods) for s in pod.stop()]
        assert failure[0] or not any(statuses), f"{statuses}\n{self.log()[-3000:]}"

    def run(self, name, namespace="pomerium"):
        """A pod of that Deployment, as the API server has it."""
        status, deployment = self.cluster.call("GET", f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
        assert status == 200, deployment
        self.pods.append(Pod(self, deployment, self.tmp / f"pod-{len(self.pods)}"))
        self.pods[-1].start()
        return self.pods[-1]

    def log(self):
        return "".join(pod.log() for pod in self.pods)

    def here(self, text):
        """With the ports of this machine; all pods and Services are on it."""
        text = re.sub(r"(?<=://)[a-z0-9.-]+(?=:\d)", "127.0.0.1", text)
        return re.sub(r":(\d{4,5})\b", lambda m: f":{self.ports[int(m[1])]}", text)

    def secret(self, namespace, name):
        status, secret = self.cluster.call("GET", f"/api/v1/namespaces/{namespace}/secrets/{name}")
        assert status == 200, f"the Secret {namespace}/{name} is not there"
        return {k: base64.b64decode(v) for k, v in secret.get("data", {}).items()}

    def token(self, namespace, account, seconds=3607):
        status, answer = self.cluster.call("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token",
                                           {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": seconds}})
        assert status == 201, answer
        return answer["status"]["token"].encode()

    def ca(self):
        return (self.cluster.tmp / "certs/apiserver.crt").read_bytes()


class Pod:
    def __init__(self, kubelet, deployment, tmp):
        self.kubelet, self.tmp = kubelet, tmp
        self.namespace, self.spec = deployment["metadata"]["namespace"], deployment["spec"]["template"]["spec"]
        tmp.mkdir()
        self.volumes = {v["name"]: self.volume(v) for v in self.spec.get("volumes", [])}
        self.processes = {}

    # ---- volumes ----

    def volume(self, volume):
        folder = self.tmp / "volumes" / volume["name"]
        folder.mkdir(parents=True)
        if "emptyDir" in volume:
            folder.chmod(0o777)
        elif "secret" in volume:
            self.put_secret(folder, volume["secret"], volume["secret"]["secretName"])
        elif "projected" in volume:
            for source in volume["projected"]["sources"]:
                self.put_source(folder, source, volume["projected"].get("defaultMode", 0o644))
        else:
            raise AssertionError(f"a volume that only a kubelet knows: {volume}")
        return folder

    def put(self, folder, name, content, mode=0o644):
        """As with an fsGroup: the group may read."""
        path = folder / name
        path.write_bytes(content)
        path.chmod(mode | 0o040)
        if os.getuid() == 0:
            os.chown(path, 0, self.spec["securityContext"]["fsGroup"])

    def put_secret(self, folder, source, name):
        data = self.kubelet.secret(self.namespace, name)
        for item in source.get("items") or [{"key": k, "path": k} for k in data]:
            self.put(folder, item["path"], data[item["key"]], source.get("defaultMode", 0o644))

    def put_source(self, folder, source, mode):
        if "serviceAccountToken" in source:
            wanted = source["serviceAccountToken"]
            self.put(folder, wanted["path"], self.kubelet.token(self.namespace, self.spec["serviceAccountName"], wanted["expirationSeconds"]), mode)
        elif "configMap" in source:
            assert source["configMap"]["name"] == "kube-root-ca.crt"  # the controller manager makes it in every namespace
            self.put(folder, "ca.crt", self.kubelet.ca(), mode)
        elif "downwardAPI" in source:
            for item in source["downwardAPI"]["items"]:
                assert item["fieldRef"]["fieldPath"] == "metadata.namespace"
                self.put(folder, item["path"], self.namespace.encode(), mode)
        elif "secret" in source:
            self.put_secret(folder, source["secret"], source["secret"]["name"])
        else:
            raise AssertionError(f"a source that only a kubelet knows: {source}")

    # ---- containers ----

    def start(self):
        """The sidecars in their order, each once the one before it has started; then the rest."""
        for container in self.spec.get("initContainers", []):
            assert container["restartPolicy"] == "Always", "only sidecars are known here"
            self.start_container(container)
            self.wait_started(container)
        for container in self.spec["containers"]:
            if container["image"].startswith("sluice:"):
                self.start_container(container)
            else:
                mounts = {m["mountPath"]: m["name"] for m in container["volumeMounts"]}
                config = pathlib.Path(container["args"][container["args"].index("--config") + 1])
                self.kubelet.pomerium(self.volumes[mounts[str(config.parent)]] / config.name)

    def value_of(self, variable):
        if "value" in variable:
            return variable["value"]
        assert variable["valueFrom"] == {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}, variable
        return self.namespace

    def start_container(self, container):
        name = container["name"]
        root, user = self.tmp / "roots" / name, self.spec["securityContext"]
        root.mkdir(parents=True)
        mounts = [x for m in container.get("volumeMounts", [])
                  for x in (str(self.volumes[m["name"]]), m["mountPath"], "ro" if m.get("readOnly") else "rw")]
        ids = f"--reuid={user['runAsUser']} --regid={user['runAsGroup']} --clear-groups" if os.getuid() == 0 else ""
        env = {e["name"]: self.kubelet.here(self.value_of(e)) for e in container.get("env", [])}
        env |= {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "KUBERNETES_SERVICE_HOST": "127.0.0.1",
                "KUBERNETES_SERVICE_PORT": str(self.kubelet.cluster.port)}
        env |= {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
        env |= self.kubelet.env.get(name, {})
        words = [self.kubelet.here(w) for w in container["command"] + container.get("args", [])]
        with open(self.tmp / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen([*UNSHARE, "sh", "-euc", CONTAINER, "container", str(root), str(self.kubelet.build.resolve()), ids,
                                                     *mounts, "--", *words], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=env, start_new_session=True)

    def wait_started(self, container):
        if "startupProbe" in container:
            self.wait_for(container, container["startupProbe"])
        assert self.processes[container["name"]].poll() is None, self.log()

    def wait_ready(self, seconds=20):
        """As the Service of the pod would."""
        for container in self.spec.get("initContainers", []) + self.spec["containers"]:
            for probe in "livenessProbe", "readinessProbe":
                if container["name"] in self.processes and probe in container:
                    self.wait_for(container, container[probe], seconds)

    def wait_for(self, container, probe, seconds=20):
        process = self.processes[container["name"]]
        said = lambda: f"{container['name']} does not answer {probe} well\n{self.log()[-4000:]}"
        wait_for(said, lambda: process.poll() is not None or self.probe(process.pid, probe), seconds)

    def probe(self, pid, probe):
        if "exec" in probe:
            # Into the container once the process is what the manifest says, not the script that prepares its root.
            return self.is_inside(pid) and self.enter(pid, *probe["exec"]["command"]).returncode == 0
        connection = http.client.HTTPConnection("127.0.0.1", self.kubelet.ports[probe["httpGet"]["port"]], timeout=1)
        try:
            connection.request("GET", probe["httpGet"]["path"])
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def enter(self, pid, *command):
        return subprocess.run(["nsenter", f"--target={pid}", "--mount", "--root", "--wd", *command], capture_output=True, text=True, timeout=20)

    def execute(self, name, *command):
        """As `kubectl exec` would."""
        return self.enter(self.processes[name].pid, *command)

    def is_inside(self, pid):
        try:
            return pathlib.Path(os.readlink(f"/proc/{pid}/exe")).name.startswith("sluice")
        except OSError:
            return False

    def restart(self, name):
        """As after a clean end: the publisher gives its lease back."""
        self.processes[name].terminate()
        self.processes[name].wait(20)
        shutil.rmtree(self.tmp / "roots" / name)  # what was mounted there went with the process
        self.start_container(next(c for c in self.spec["initContainers"] + self.spec["containers"] if c["name"] == name))

    def stop(self):
        """In the order of a kubelet, the last sidecar first; the statuses of those that were still running."""
        statuses = []
        for name in reversed(self.processes):
            process = self.processes[name]
            if process.poll() is None:
                process.terminate()
            try:
                statuses.append(process.wait(20))
            finally:
                process.kill()
        return statuses

    def log(self, name="*"):
        return "".join(p.read_text(errors="replace") for p in sorted(self.tmp.glob(f"{name}.log")))
