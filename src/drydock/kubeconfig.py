"""The kubeconfig that helm, kubectl and every other client get."""

from base64 import b64encode
from textwrap import dedent

NAME = "drydock"


def kubeconfig(port: int, authority: str, token: str) -> str:
    """`authority` is PEM."""
    return dedent(f"""\
        apiVersion: v1
        kind: Config
        current-context: {NAME}
        clusters:
        - name: {NAME}
          cluster:
            server: https://127.0.0.1:{port}
            certificate-authority-data: {b64encode(authority.encode()).decode()}
        users:
        - name: {NAME}
          user:
            token: {token}
        contexts:
        - name: {NAME}
          context:
            cluster: {NAME}
            user: {NAME}
        """)
