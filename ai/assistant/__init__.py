"""The assistant in rooms: what it is told, how it answers, and how clients hear of it (docs/decisions/022-assistant.md)."""
