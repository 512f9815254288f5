"""The Pomerium object and the Secret that Pomerium starts with."""
import pathlib
import re

from databroker import new_secret

CASES = pathlib.Path(__file__).parent.parent / "golden/cases/bootstrap"
KEY = re.search(r"( +-----BEGIN EC.*?-----END EC PRIVATE KEY-----\n)", (CASES / "minimal/input.yaml").read_text(), re.S)[1]


def secret(shared=None, name="bootstrap", **more):
    """The Secret that Pomerium starts with; `shared` in base64."""
    data = {"shared_secret": shared or new_secret(), "cookie_secret": new_secret(), **more}
    return f"""apiVersion: v1
kind: Secret
metadata: {{name: {name}, namespace: pomerium}}
data: {{{', '.join(f'{k}: {v}' for k, v in data.items())}}}
stringData:
  signing_key: |
{KEY}"""


POMERIUM = """apiVersion: ingress.pomerium.io/v1
kind: Pomerium
metadata: {name: global}
spec:
  secrets: pomerium/bootstrap
"""
