"""`python -m lifestring.local [options]` runs local mode, `python -m lifestring.local reset [--data …]` deletes it."""

import sys

from lifestring.local import reset, supervisor

arguments = sys.argv[1:]
sys.exit(reset.main(arguments[1:]) if arguments[:1] == ["reset"] else supervisor.main(arguments))
