"""Real servers on this machine that behave, or don't: a mail server and a web server."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Talk = Callable[["Server", socket.socket], None]
#: How long a server that hangs keeps a connection open, in seconds.
_HANGS: float = 4.0


class Server:
    """Listens on a port of this machine; each connection is talked to in a thread of its own."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.received: list[bytes] = []
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._stop = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it answers as a web server."""
        return f"http://127.0.0.1:{self.port}/hook"

    def wait(self, seconds: float = _HANGS) -> None:
        """Do nothing for a while, or until the test is over."""
        self._stop.wait(seconds)

    def close(self) -> None:
        """Stop listening, and let go of whoever waits."""
        self._stop.set()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self.talk(self, connection)


@contextmanager
def serving(talk: Talk) -> Iterator[Server]:
    """A server for the time of a test."""
    server = Server(talk)
    try:
        yield server
    finally:
        server.close()


# --- web servers ------------------------------------------------------------------------------


def request(connection: socket.socket) -> bytes:
    """Read a whole request."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(headers(data).get("content-length", "0"))
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def headers(received: bytes) -> dict[str, str]:
    """The headers of a request, by their names in small letters."""
    lines = received.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def body(received: bytes) -> bytes:
    """What a request carried."""
    return received.partition(b"\r\n\r\n")[2]


def answers(status: str, *lines: str, text: str = "") -> Talk:
    """Answer every request alike."""

    def talk(server: Server, connection: socket.socket) -> None:
        server.received.append(request(connection))
        head = [f"HTTP/1.1 {status}", *lines, f"Content-Length: {len(text)}", "Connection: close"]
        connection.sendall("\r\n".join([*head, "", text]).encode())

    return talk


OK = answers("204 No Content")
BROKEN = answers("500 Internal Server Error")


def hangs(server: Server, connection: socket.socket) -> None:
    """Take everything and say nothing."""
    server.received.append(request(connection))
    server.wait()


def drips(server: Server, connection: socket.socket) -> None:
    """Answer one byte at a time, for ever."""
    server.received.append(request(connection))
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1_000:
        connection.sendall(bytes([byte]))
        server.wait(0.1)


def pours(server: Server, connection: socket.socket) -> None:
    """Answer well, with a body that does not end."""
    server.received.append(request(connection))
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
    for _ in range(10_000):
        connection.sendall(b"x" * 65_536)


def babbles(server: Server, connection: socket.socket) -> None:
    """Speak something else."""
    server.received.append(request(connection))
    connection.sendall(b"220 this is no web server\r\n\r\n")


def hangs_up(server: Server, connection: socket.socket) -> None:
    """Take the request and hang up."""
    server.received.append(request(connection))


# --- mail servers -----------------------------------------------------------------------------


def mailbox(*, to: str = "250 fine", end: str = "250 kept") -> Talk:
    """A mail server that answers a recipient with ``to`` and a whole message with ``end``."""

    def talk(server: Server, connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        say = lambda text: connection.sendall(f"{text}\r\n".encode())  # noqa: E731 - a word for it
        say("220 mail.example.com")
        for line in lines:
            word = line[:4].upper().strip()
            if word == b"DATA":
                say("354 go on")
                server.received.append(_message(lines))
                say(end)
            elif word == b"RCPT":
                say(to)
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 fine")

    return talk


def hangs_at_once(server: Server, connection: socket.socket) -> None:
    """Take the call and never greet."""
    server.wait()


def hangs_after_data(server: Server, connection: socket.socket) -> None:
    """Take a whole message and never say so."""
    lines = connection.makefile("rb")
    connection.sendall(b"220 mail.example.com\r\n")
    for line in lines:
        is_data = line[:4].upper() == b"DATA"
        connection.sendall(b"354 go on\r\n" if is_data else b"250 fine\r\n")
        if is_data:
            server.received.append(_message(lines))
            server.wait()
            return


def _message(lines: Any) -> bytes:
    found = b""
    for line in lines:
        if line == b".\r\n":
            break
        found += line
    return found


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def seconds(act: Callable[[], object]) -> float:
    """How long something took."""
    begin = time.monotonic()
    act()
    return time.monotonic() - begin
