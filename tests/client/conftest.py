"""For the client's tests: a CA, a certificate of it, and the CA's file."""

from pathlib import Path

import pytest
import trustme


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def leaf(ca):
    return ca.issue_cert("localhost", "127.0.0.1")


@pytest.fixture
def ca_file(ca, tmp_path: Path) -> Path:
    path = tmp_path / "chat-ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return path
