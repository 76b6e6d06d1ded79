"""`python -m labeler`, the same as the command `labeler`."""

import sys

from labeler.cli import main

sys.exit(main())
