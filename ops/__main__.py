"""`python -m ops`."""

import sys

from ops.cli import main
from worker import streams

if __name__ == "__main__":
    streams.open_missing()
    code = main(sys.argv[1:])
    streams.write_stderr(end="")
    sys.exit(code)
