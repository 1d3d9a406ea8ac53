"""The project has no tables of its own; Django announces migrations only to apps with this module (lifestring/apps.py)."""
