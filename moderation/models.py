"""Moderation keeps its own tables; suspensions live in accounts/models.py, where every request reads them."""
