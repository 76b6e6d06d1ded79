"""A process with decoding workers at work, to be killed: prints their ids, then is at a picture that takes long."""

from __future__ import annotations

import sys

from labeler.decoding.workers import WORKERS, Workers
from tests.faults.odd_images import seeds, slow_picture


def main() -> None:
    picture = slow_picture()
    workers = Workers()
    for each in workers.start(WORKERS):
        each.result()
    workers.decode_here(seeds()[0])
    sys.stdout.write(" ".join(map(str, workers.pids)) + "\n")
    sys.stdout.flush()
    workers.decode_here(picture)


if __name__ == "__main__":
    main()
