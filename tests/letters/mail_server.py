"""A small SMTP server on the loopback interface, which can refuse, hang or close the connection as a test wants."""

import socketserver
import threading
from collections.abc import Callable
from typing import Any

WAIT = 30  # seconds that a hanging connection is kept, far longer than any time-out in a test


class MailServer:
    """``received`` is the addresses of the emails that were accepted, in their order.

    ``answers`` maps an address to what the server says to it, such as "550 No such user". It hangs at the addresses in
    ``hangs_at``, and everywhere while ``hangs`` is set. ``on_message`` is called once an email is accepted and before
    the sender is told so.
    """

    def __init__(self) -> None:
        self.received: list[str] = []
        self.answers: dict[str, str] = {}
        self.hangs_at: set[str] = set()
        self.hangs = False
        self.connections = 0
        self.on_message: Callable[[str], object] = lambda address: None
        self.over = threading.Event()
        handler = type("Handler", (_Conversation,), {"ours": self})
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


class _Conversation(socketserver.StreamRequestHandler):
    ours: Any

    def handle(self) -> None:
        self.ours.connections += 1
        self._say("220 ready")
        while line := self.rfile.readline().decode().strip():
            word, address = line[:4].upper(), line.partition("<")[2].partition(">")[0]
            if word == "RCPT":
                self._to = address
            if address in self.ours.hangs_at and word == "RCPT":
                return self._hang()
            if word == "DATA":
                self._say("354 go on")
                while self.rfile.readline() != b".\r\n":
                    pass
                self.ours.received.append(self._to)
                self.ours.on_message(self._to)
            self._say(self.ours.answers.get(address, "250 fine") if word == "RCPT" else "250 fine")
            if word == "QUIT":
                return None
        return None

    def _say(self, words: str) -> None:
        if self.ours.hangs:
            self._hang()
        self.wfile.write(f"{words}\r\n".encode())

    def _hang(self) -> None:
        self.ours.over.wait(WAIT)
