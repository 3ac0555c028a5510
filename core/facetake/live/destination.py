"""Where packets go: a program on this machine, unless another machine is named. All that sends is here."""

from __future__ import annotations

import errno
import socket
from types import TracebackType
from typing import Any, Final

from facetake.errors import LiveError
from facetake.files import reason

LOOPBACK: Final = "127.0.0.1"
LIVE_LINK_PORT: Final = 11111  # Unreal's, as its project settings have it
VMC_PORT: Final = 39539  # of the protocol's receivers
HIGHEST_PORT: Final = 65_535  # there are no others
PASSING: Final = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN)
"""What a cable that was pulled, a machine that sleeps or a network that changes says; the next packet may arrive."""


class Destination:
    """One receiver; a context manager.

    Attributes:
        name: host and port.
        unheard: packets of which the machine said that no program takes them.
        lost: why the last packet that had no way was not sent; empty where there was none.
    """

    def __init__(self, host: str, port: int) -> None:
        """Opens a socket.

        Raises:
            LiveError: no machine of that name, or no way to it.
        """
        self.name = f"{host}:{port}"
        self.unheard = 0
        self.lost = ""
        kind, address = _resolve(host, port)
        self._socket = socket.socket(kind, socket.SOCK_DGRAM)
        try:
            self._socket.connect(address)
        except OSError as error:
            self._socket.close()
            raise self._unreachable(error) from error
        self._socket.setblocking(False)

    def __enter__(self) -> Destination:
        """The destination itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the socket."""
        self._socket.close()

    def send(self, packet: bytes) -> None:
        """Sends a datagram; one that nobody takes, or that has no way for now, is lost.

        Raises:
            LiveError: the system refuses it for good.
        """
        try:
            self._socket.send(packet)
        except BlockingIOError:
            pass  # the buffer is full; the next frame will do
        except ConnectionError:
            self.unheard += 1
        except OSError as error:
            if error.errno in PASSING:
                self.lost = reason(error)
            elif error.errno != errno.ENOBUFS:  # as macOS says that the buffer is full
                raise self._unreachable(error) from error

    def _unreachable(self, error: OSError) -> LiveError:
        return LiveError(f"cannot send to {self.name}: {reason(error)}; check --host and the network")


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    """The family of a machine's address, and the address as sockets take it: IPv4's, where it has one.

    Receivers listen there alone, and Windows names ::1 first for localhost.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise LiveError(f"no machine called {host!r} is known here; check --host, or give its address") from error
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    return family, address
