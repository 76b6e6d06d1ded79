"""Whether a data directory is on a disk that keeps what it confirms."""

from __future__ import annotations

import re
from pathlib import Path

from labeler.domain.errors import LabelerError

MOUNTS = Path("/proc/mounts")
"""Linux alone has it; elsewhere nothing is known and nothing refused."""
_OVER_A_NETWORK = re.compile(
    "9p|afs|beegfs|ceph|cifs|coda|davfs|gfs2|glusterfs|gpfs|lustre|ncpfs|nfs4?|ocfs2|orangefs|smb3|smbfs|"
    r"fuse\.(ceph-fuse|curlftpfs|davfs2?|gcsfuse|glusterfs|goofys|gvfsd-fuse|rclone|s3fs|smbnetfs|sshfs)"
)


def refuse_network_disk(directory: Path) -> None:
    """Raise LabelerError if the directory, there or not, is on a file system of another machine."""
    found = _mount_of(directory.resolve())
    if found is None:
        return
    place, kind = found
    if _OVER_A_NETWORK.fullmatch(kind):
        raise LabelerError(
            f"The data directory {directory} is on a network file system ({kind} at {place}), where locks and "
            "confirmed writes can be lost, and labels with them. Choose one on a disk of this machine with --data; "
            "images can stay where they are."
        )


def _mount_of(path: Path) -> tuple[Path, str] | None:
    """Where the file system of the path is mounted, and its kind. None if the system does not tell."""
    try:
        lines = MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    best: tuple[Path, str] | None = None
    for line in lines:
        _, place, kind, *_ = line.split(" ")
        at = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), place))
        # Of two at one place, the later covers the earlier.
        if path.is_relative_to(at) and (best is None or len(at.parts) >= len(best[0].parts)):
            best = at, kind
    return best
