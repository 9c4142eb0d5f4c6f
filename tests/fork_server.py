"""Starts our programs by a fork of one process that has imported them: seconds less for each.

Run as `python -m tests.fork_server SOCKET`; it ends with its standard input. A client
(`forked.py`) sends one order and its three standard files; it is told the exit code. A client
that is gone takes its program with it.
"""

import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from runtime.cli import COMMANDS

LOADED: Final = (
    *sorted({each.where.partition(":")[0] for each in COMMANDS.values()}),
    "runtime.demo",
    "runtime.serve",
    "demo_shop.app",
    "broker.bridges.snmp_questions",
)
LONGEST: Final = 1 << 20  # bytes of an order


@dataclass(frozen=True, slots=True)
class Order:
    module: str
    arguments: list[str]
    folder: str
    environment: dict[str, str]
    files: list[int]  # to be standard input, output and error

    def become(self) -> None:
        """Only in a child: goes on as the program."""
        for number, file in enumerate(self.files):
            os.dup2(file, number)
            os.close(file)
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        sys.argv[1:] = self.arguments
        sys.modules.pop(f"{self.module}.__main__", None)  # imported is not yet started
        runpy.run_module(self.module, run_name="__main__", alter_sys=True)


@dataclass(slots=True)
class Server:
    listener: socket.socket
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    programs: dict[socket.socket, int] = field(default_factory=dict)  # process ids

    def run(self) -> Order | None:
        """Returns in each child what it is to become, and here at the end."""
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.selector.register(sys.stdin, selectors.EVENT_READ)
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is sys.stdin:
                    self._end()
                    return None
                if (order := self._look_at(key)) is not None:
                    return order

    def _look_at(self, key: selectors.SelectorKey) -> Order | None:
        if key.fileobj is self.listener:
            return self._start(self.listener.accept()[0])
        if isinstance(key.fileobj, socket.socket):
            self._gone(key.fileobj)
        else:
            self._ended(key.fd, key.data)
        return None

    def _start(self, client: socket.socket) -> Order | None:
        said, files, _, _ = socket.recv_fds(client, LONGEST, 3)
        order = Order(**json.loads(said), files=files)
        pid = os.fork()
        if pid == 0:
            self._forget(client)
            return order
        for file in files:
            os.close(file)
        client.sendall(str(pid).encode())
        self.programs[client] = pid
        self.selector.register(client, selectors.EVENT_READ)
        self.selector.register(os.pidfd_open(pid), selectors.EVENT_READ, client)
        return None

    def _gone(self, client: socket.socket) -> None:
        """A client says nothing after its order."""
        if client in self.programs:
            self.selector.unregister(client)
            os.kill(self.programs[client], signal.SIGKILL)

    def _ended(self, pidfd: int, client: socket.socket) -> None:
        self.selector.unregister(pidfd)
        os.close(pidfd)
        _, status = os.waitpid(self.programs.pop(client), 0)
        if client in self.selector.get_map():
            self.selector.unregister(client)
        with suppress(OSError):  # it may be gone
            client.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        client.close()

    def _forget(self, client: socket.socket) -> None:
        """What a program would not have open."""
        for key in list(self.selector.get_map().values()):
            if isinstance(key.fileobj, int):
                os.close(key.fileobj)
        self.selector.close()
        for each in (self.listener, client, *self.programs):
            each.close()

    def _end(self) -> None:
        for pid in self.programs.values():
            os.kill(pid, signal.SIGKILL)


def main(path: str) -> None:
    for each in LOADED:
        importlib.import_module(each)
    gc.freeze()  # so that no child copies these pages only to look through them
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        order = Server(listener).run()
    if order is not None:
        order.become()


if __name__ == "__main__":
    main(sys.argv[1])
