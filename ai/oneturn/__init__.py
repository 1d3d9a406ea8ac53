"""One message to the assistant and its answer, without a room (docs/api.md, AI)."""
