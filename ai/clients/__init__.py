"""The ways to servers outside, one module each (docs/decisions/011-ai-client.md)."""
