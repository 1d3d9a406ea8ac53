"""What is collected here."""

from accounts.tests import node

collect_ignore = [] if node.wanted() else ["test_live_js.py"]
