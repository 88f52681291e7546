"""A mail server that says yes to everything and keeps nothing: `python -m tests.bench.sink` says its port."""

import socketserver
from typing import ClassVar


class Session(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    rbufsize = 1 << 16
    answers: ClassVar[dict[bytes, bytes]] = {
        b"EHLO": b"250-sink\r\n250 8BITMIME\r\n",
        b"DATA": b"354 Go on\r\n",
        b"QUIT": b"221 Bye\r\n",
    }

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline():
            command = line[:4].upper()
            self.wfile.write(self.answers.get(command, b"250 OK\r\n"))
            if command == b"DATA":
                while self.rfile.readline() != b".\r\n":
                    pass
                self.wfile.write(b"250 Taken\r\n")
            elif command == b"QUIT":
                return


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


if __name__ == "__main__":
    with Server(("127.0.0.1", 0), Session) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
