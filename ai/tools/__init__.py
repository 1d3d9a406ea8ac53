"""What the assistant can look up, propose and do for whom it speaks to (docs/decisions/021-tools.md)."""

from ai.tools.actions import Action, Done, ProposedAction
from ai.tools.catalogue import ACTIONS
from ai.tools.running import ToolOutcome, perform, propose, run_tool, tool_definitions

__all__ = [
    "ACTIONS",
    "Action",
    "Done",
    "ProposedAction",
    "ToolOutcome",
    "perform",
    "propose",
    "run_tool",
    "tool_definitions",
]
