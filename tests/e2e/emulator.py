"""ministack as a process, while a block runs."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "111122223333"
REGION = "eu-west-2"
WORKER = (sys.executable, "-m", "worker")
_PYTHON = ROOT / ".venv-ministack" / "bin" / "python"
_STARTS = 3
_START_SECONDS = 60


@dataclass(frozen=True)
class Emulator:
    """Where it answers."""

    url: str

    def credentials(self) -> dict[str, str]:
        """The variables by which any SDK reaches it. An access key of twelve digits is an account of its own."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        """boto3's client of a service."""
        session: Any = boto3.Session(aws_access_key_id=ACCOUNT, aws_secret_access_key="emulated", region_name=REGION)
        return session.client(service, endpoint_url=self.url)


@contextmanager
def emulated_aws(directory: Path, worker: Sequence[str] = ()) -> Iterator[Emulator]:
    """An empty AWS on a free port of loopback; its log is in `directory`.

    A task that is started there runs the command `worker` as a process; without one it does nothing, for ever.
    """
    log = directory / "emulator.log"
    process, url = _started(log, directory, worker)
    try:
        yield Emulator(url)
    finally:
        _stop(process)


def _started(log: Path, directory: Path, worker: Sequence[str]) -> tuple[subprocess.Popen[bytes], str]:
    for _ in range(_STARTS):
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        process = _start(port, log, directory, worker)
        try:
            if _answers(port, process):
                return process, url
        except BaseException:
            _stop(process)
            raise
        # Another process took the port in between.
        _stop(process)
    raise RuntimeError(f"the emulator did not start; it said:\n{log.read_text(encoding='utf-8')[-3000:]}")


def _start(port: int, log: Path, directory: Path, worker: Sequence[str]) -> subprocess.Popen[bytes]:
    environment = {
        # What a task's process finds it by.
        **Emulator(f"http://127.0.0.1:{port}").credentials(),
        "AWS_REGION": REGION,
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "TMPDIR": str(directory),
        "HOME": str(directory),
        # Whatever engine there is, it has no business with it.
        "DOCKER_HOST": f"unix://{directory}/no-engine.sock",
    }
    with log.open("ab") as file:
        return subprocess.Popen(
            [_PYTHON, Path(__file__).with_name("emulator_main.py"), *worker],
            env=environment,
            # It ends when this end of the pipe is closed, should this process be killed.
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=subprocess.STDOUT,
        )


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/_ministack/ready")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return True
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
