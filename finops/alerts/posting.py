"""One bounded POST to a checked address: in time, in size, and never anywhere else.

The standard library's client is used for what it does well, the protocol. Around it stand what it
leaves open: which address is connected to, a limit for the whole exchange and not only for each
read of it, and answers that are not read to their end.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from finops.alerts.targets import Address, NameUnknown, Target, addresses_of

#: Seconds for a connection, for each answer, and for everything together.
CONNECT, READ, TOTAL = 5.0, 5.0, 10.0
#: Bytes of an answer that are read; a webhook has nothing to say to us.
_ANSWER: Final = 500


class TimedOut(OSError):
    """Nobody answered in time."""


class BadAnswer(OSError):
    """What answered does not speak HTTP."""


class Answer(NamedTuple):
    """What came back: the status, the first words of it, and how long to wait, if it says so."""

    status: int
    text: str
    retry_after: str


def post(target: Target, body: bytes, headers: Mapping[str, str], *, private: bool) -> Answer:
    """Send a body and read the answer's beginning. Redirects are answers like any other.

    Raises TargetRefused, NameUnknown, TimedOut, BadAnswer, ssl.SSLError, or another OSError.
    """
    until = time.monotonic() + TOTAL
    addresses = addresses_of(target, private=private, seconds=CONNECT)
    connection = _Connection(target, addresses, until)
    try:
        connection.request("POST", target.path, body, {"Host": target.authority, **headers})
        answer = connection.getresponse()
        text = answer.read(_ANSWER).decode("utf-8", "replace")
        return Answer(answer.status, text, answer.headers.get("Retry-After", ""))
    except TimeoutError as error:
        raise TimedOut from error
    except http.client.HTTPException as error:
        raise BadAnswer from error
    finally:
        connection.close()


class _Connection(http.client.HTTPConnection):
    """A connection to the first checked address that answers; TLS is for the host's name."""

    def __init__(self, target: Target, addresses: list[Address], until: float) -> None:
        super().__init__(target.host, target.port)
        self._target, self._addresses, self._until = target, addresses, until

    def connect(self) -> None:
        """Connect, within the time that is left."""
        opened = self._open()
        if self._target.scheme == "https":
            opened.settimeout(_left(self._until, READ))
            context = ssl.create_default_context()
            opened = context.wrap_socket(opened, server_hostname=self._target.host)
        self.sock = _Timed(opened, self._until)

    def _open(self) -> socket.socket:
        failure: OSError = NameUnknown("no address")
        for address in self._addresses:
            limit = _left(self._until, CONNECT)
            try:
                return socket.create_connection((str(address), self._target.port), limit)
            except OSError as error:
                failure = error
        raise failure


class _Timed:
    """A socket whose every use is bounded by what is left of the whole.

    A limit for each read alone would let an answer of one byte a second go on for ever.
    """

    def __init__(self, opened: socket.socket, until: float) -> None:
        self._socket, self._until = opened, until

    def sendall(self, data: Any) -> None:
        """Send everything, in time."""
        self._socket.settimeout(_left(self._until, READ))
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """Give what comes back, to be read in time."""
        return io.BufferedReader(_Reader(self._socket, self._until))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class _Reader(io.RawIOBase):
    """Reads a socket within what is left of the whole time."""

    def __init__(self, opened: socket.socket, until: float) -> None:
        super().__init__()
        self._socket, self._until = opened, until

    def readable(self) -> bool:
        """Say that it is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there."""
        self._socket.settimeout(_left(self._until, READ))
        return self._socket.recv_into(buffer)


def _left(until: float, most: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimedOut
    return min(left, most)
