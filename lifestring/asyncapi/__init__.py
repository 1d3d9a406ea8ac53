"""The AsyncAPI document of the socket, made from the frames' own types (docs/live.md)."""
