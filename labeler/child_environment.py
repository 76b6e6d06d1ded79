"""The environment of the programs that this one starts: without keys and tokens, of which they need none."""

from __future__ import annotations

import os
import re

_SECRET = re.compile("KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)


def environment_of_child() -> dict[str, str]:
    """This process's environment without what is named like a secret, such as VIAM_API_KEY."""
    return {name: value for name, value in os.environ.items() if not _SECRET.search(name)}
