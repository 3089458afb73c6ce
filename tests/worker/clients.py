"""The worker's HTTP clients, and servers that misbehave on purpose."""

from __future__ import annotations

import datetime
import ipaddress
import json
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import responses
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import settings

from tests.sandbox.moodle import TOKEN as SITE_TOKEN
from tests.sandbox.wire import InProcess, Request, Response, Switchboard
from tests.worker.builders import run_settings
from worker.bamboohr.client import BambooHRClient
from worker.config.credentials import RenewableCredential, open_credential
from worker.config.settings import Credential
from worker.errors import SyncError
from worker.model.mapping import FieldMapping
from worker.moodle.client import MoodleClient
from worker.stopping import StopSignal
from worker.transport.http import Transport, new_session
from worker.transport.patience import REQUEST_SECONDS
from worker.transport.refusal import Refused

KEY = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "0123456789abcdef0123456789abcdef"
BAMBOO = "https://acme.bamboohr.com/api/v1"
CHANGED = f"{BAMBOO}/employees/changed"
DIRECTORY = f"{BAMBOO}/employees/directory"
SINCE = datetime.datetime(2026, 11, 21, 3, 0, tzinfo=datetime.UTC)
NEEDED = ("first_name", "work_email")
MOODLE = "https://learn.acme.example/webservice/rest/server.php"
FIX_COMMAND = "set-the-credential"
PRIVATE = "Ada Byron, ada@acme.example"

fuzz = settings()
"""For tests that throw any answer at a client."""


class Patient(StopSignal):
    """Records the waits instead of sleeping: its clock moves on by them."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(clock=lambda: self.now)
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        self.check()


class Script:
    """A server's part: the answers in turn, the last one for ever. Remembers what it was asked."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []

    def operation(self, request: Request) -> str:
        return request.path

    def answer(self, request: Request) -> Response:
        self.requests.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def transport_to(
    app: Any = None, *, system: str = "moodle", timeout: float = 5, stopping: StopSignal | None = None
) -> Transport:
    """A transport; with an `app` (or a switchboard) nothing leaves this process."""
    session = new_session(2)
    if app is not None:
        session.mount("https://", InProcess(app if isinstance(app, Switchboard) else Switchboard(app)))
    return Transport(system, session, timeout, stopping or Patient())


def bamboo_client(transport: Transport, api: str = BAMBOO, key: str | RenewableCredential = KEY) -> BambooHRClient:
    return BambooHRClient(transport, api, _credential(key), FIX_COMMAND)


def _credential(value: str | RenewableCredential) -> RenewableCredential:
    return RenewableCredential(value) if isinstance(value, str) else value


class Secret:
    """A Secrets Manager with one secret, which can be changed; `reads` counts how often it was read."""

    def __init__(self, document: object) -> None:
        self.document = document
        self.reads = 0

    def get_secret_value(self, *, SecretId: str) -> dict[str, object]:  # noqa: N803 - boto3's own name
        self.reads += 1
        kind = "SecretBinary" if isinstance(self.document, bytes) else "SecretString"
        return {"Name": SecretId, kind: self.document}


def rotated(variable: str, old: str, new: str) -> RenewableCredential:
    """A credential that was read before its secret was changed."""
    secret = Secret(json.dumps({variable.lower(): old}))
    credential = open_credential(Credential(variable, f"sync/{variable}"), secret)
    secret.document = json.dumps({variable.lower(): new})
    return credential


def mapping_for(rules: str = "") -> FieldMapping:
    return run_settings(FIELD_MAPPING=rules).mapping


def moodle_client(
    transport: Transport,
    *,
    endpoint: str = MOODLE,
    token: str | RenewableCredential = TOKEN,
    rules: str = "",
    batch_size: int = 50,
    concurrency: int = 1,
) -> MoodleClient:
    return MoodleClient(
        transport,
        endpoint,
        _credential(token),
        mapping=mapping_for(rules),
        batch_size=batch_size,
        concurrency=concurrency,
        fix_command=FIX_COMMAND,
    )


def moodle_error(code: object) -> dict[str, object]:
    """A refusal of Moodle, which quotes user data as one of a debugging site does."""
    return {"exception": "moodle_exception", "errorcode": code, "message": PRIVATE, "debuginfo": PRIVATE}


def sent_form(number: int = -1) -> list[tuple[str, str]]:
    """The form fields of a request that `responses` saw, in their order."""
    body = responses.calls[number].request.body
    return parse_qsl(body.decode() if isinstance(body, bytes) else str(body), keep_blank_values=True)


def noted_deadlines(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """The deadlines of the requests that are opened from now on."""
    deadlines: list[float | None] = []
    opened = transport.open

    def noted(*arguments: Any, deadline: float | None = None, **more: Any) -> Any:
        deadlines.append(deadline)
        return opened(*arguments, deadline=deadline, **more)

    monkeypatch.setattr(transport, "open", noted)
    return deadlines


def texts(error: BaseException) -> str:
    """Everything that an error says, its advice included."""
    return " ".join([str(error), repr(error.args), str(getattr(error, "advice", "")), str(getattr(error, "what", ""))])


def end_of(call: Callable[[], object]) -> SyncError | None:
    """How a call ended the run, if it did; anything but a SyncError is a failure of the test."""
    try:
        call()
    except SyncError as end:
        return end
    return None


def quick_end_of(call: Callable[[], object]) -> Exception | None:
    """How a quick call ended: as others do, or as a refusal that isolation deals with."""
    try:
        return end_of(call)
    except Refused as refusal:
        return refusal


@dataclass(frozen=True)
class Ended:
    """How a call ended that is answered in the same way for ever.

    Attributes:
        words: The kind and the message of a SyncError; of another refusal "refused", its code, "access" unless one
            record may be the cause, "passing" if it may pass, and "perhaps done" if a write may have been done; the
            value of a call that did not fail.
    """

    words: str
    advice: str
    requests: list[Request]
    waits: list[float]

    @property
    def was_retried(self) -> bool:
        """Whether all the patience was used that one request may take."""
        return sum(self.waits) == pytest.approx(REQUEST_SECONDS, abs=0.1)


def ended(call: Callable[[Transport], object], answer: Response, *, system: str = "moodle") -> Ended:
    """Make a call with a transport on which everything is answered so. What it says must hold nothing private."""
    script, patient = Script(answer), Patient()
    end: Exception | None = None
    words = advice = ""
    try:
        words = str(call(transport_to(script, system=system, stopping=patient)))
    except SyncError as error:
        end, words, advice = error, f"{type(error).__name__}: {error.message}", error.advice
    except Refused as refusal:
        end = refusal
        about = "" if refusal.may_be_record else " access"
        passing, done = " passing" * refusal.is_transient, " perhaps done" * refusal.may_be_done
        words = f"refused {refusal.code}{about}{passing}{done}"
    assert not any(secret in texts(end or Exception()) for secret in (PRIVATE, "Ada", "xxxx", KEY, TOKEN))
    return Ended(words, advice, script.requests, patient.waits)


def is_retry_pause(seconds: float) -> bool:
    """Whether it is one of the client's own pauses, and none that a server asked for."""
    return 0 < seconds <= 37.5


Talk = Callable[[socket.socket], None]


class RawServer:
    """A socket that plays `talk` to every connection, over TLS if it is given a context."""

    def __init__(self, talk: Talk, tls: ssl.SSLContext | None) -> None:
        self.ended = threading.Event()
        self.connections = 0
        self._talk, self._tls = talk, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._play, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _play(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            with connection:
                self._talk(connection)

    def close(self) -> None:
        self.ended.set()
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(5)


@contextmanager
def raw_server(
    talk: Callable[[socket.socket, RawServer], None], tls: ssl.SSLContext | None = None
) -> Iterator[RawServer]:
    """A server that does what it likes with the connection."""
    server: RawServer
    ready = threading.Event()

    def play(connection: socket.socket) -> None:
        ready.wait()
        talk(connection, server)

    server = RawServer(play, tls)
    ready.set()
    try:
        yield server
    finally:
        server.close()


def read_request(connection: socket.socket) -> bytes:
    """One request, its body included; empty if the caller hung up."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def connect_to(server: RawServer) -> Callable[[socket.socket, RawServer], None]:
    """A proxy's part: connect to a server, whichever was asked for, and pass on what either side says."""

    def talk(client: socket.socket, proxy: RawServer) -> None:
        read_request(client)
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", server.port)) as onward, suppress(ValueError):
            other = {client: onward, onward: client}
            while True:
                # A select does not see what a TLS socket has read and decrypted already.
                is_read = isinstance(client, ssl.SSLSocket) and client.pending()
                source = client if is_read else select.select([*other], [], [])[0][0]
                if not (data := source.recv(1 << 16)):
                    return
                other[source].sendall(data)

    return talk


class Identity:
    """A certificate of its own for 127.0.0.1 (or another name), made now."""

    def __init__(self, folder: Path, address: str = "127.0.0.1") -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.authority = folder / "authority.pem"
        self.authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        private = folder / "private.pem"
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(self.authority, private)


def client_of(board: Switchboard, *, stopping: StopSignal | None = None, **more: Any) -> MoodleClient:
    """A client of a site that does what a real one does."""
    return moodle_client(transport_to(board, stopping=stopping), **{"token": SITE_TOKEN, **more})
