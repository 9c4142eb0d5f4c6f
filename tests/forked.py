"""What a test starts in place of `python -m MODULE ARGUMENTS`, see `fork_server`: passes
signals on to the program and ends as it does.

Run as `python -I -S forked.py SOCKET MODULE ARGUMENTS`, so that next to nothing is imported.
"""

import json
import os
import signal
import socket
import sys

PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main(path: str, module: str, *arguments: str) -> int:
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)  # until there is whom to tell
    order = {
        "module": module,
        "arguments": arguments,
        "folder": str(os.getcwd()),  # noqa: PTH109 - pathlib is slow to import
        "environment": dict(os.environ),
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.connect(path)
        socket.send_fds(server, [json.dumps(order).encode()], [0, 1, 2])
        pid = int(server.recv(100))
        for number in PASSED_ON:
            signal.signal(number, lambda received, _frame: os.kill(pid, received))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        code = int(server.recv(100))
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
