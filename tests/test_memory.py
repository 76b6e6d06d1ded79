"""What is freed is kept for what comes next."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_FAULTS = """
import resource
{first}
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    [b"x" * 400_000 for _ in range(3)]
before = faults()
for _ in range(200):
    [b"x" * 400_000 for _ in range(3)]
print(faults() - before)
"""


def _faults(first: str) -> int:
    """How often the system maps a page while blocks of an image's size come and go 200 times."""
    command = [sys.executable, "-c", _FAULTS.format(first=first)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.process
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library decides for itself")
def test_blocks_of_an_images_size_are_not_mapped_anew_each_time() -> None:
    assert _faults("pass") > 200 * 100
    assert _faults("from labeler.memory import keep_freed; keep_freed()") < 200
