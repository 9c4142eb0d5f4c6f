"""What a test wants of a client program."""

import argparse


def read() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("act", choices=["publish", "listen"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--payload", default="", help="of the message, or of the will")
    parser.add_argument("--will", default="", help="topic of the will")
    parser.add_argument("--qos", type=int, default=1)
    parser.add_argument("--ca", default="")
    parser.add_argument("--version", type=int, default=4)
    return parser.parse_args()
