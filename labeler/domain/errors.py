"""The errors of the labeler.

LabelerError            what happened, to what, and what to do: its text can be shown as it is
├── InvalidValue        a value that no service would take, found before anything was sent
├── Unreachable         nobody answered, or not in time; the same call may work later
├── StorageFailed       a disk is full, read-only or fails; the same call works when that is mended
├── NotSignedIn         the service does not accept the key; nothing works before it is mended
└── Refused             the service said no for a reason that repeating does not change
    └── Missing         what was named does not exist, or not for this key
"""


class LabelerError(Exception):
    """An expected failure, told in a sentence a person can act on."""


class InvalidValue(LabelerError, ValueError):  # noqa: N818 - named as the user would say it
    """A value that no service would take."""


class Unreachable(LabelerError):  # noqa: N818
    """The service did not answer, or not in time."""


class StorageFailed(LabelerError):  # noqa: N818
    """A disk does not take what is to be kept: it is full, read-only, or fails."""


class NotSignedIn(LabelerError):  # noqa: N818
    """The service does not accept the key."""


class Refused(LabelerError):  # noqa: N818
    """The service refused, and would refuse again."""


class Missing(Refused):
    """What was named does not exist, or not for this key."""
