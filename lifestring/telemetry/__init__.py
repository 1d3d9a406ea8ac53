"""What is seen of the running service: log lines, metrics, errors (docs/operations.md)."""
