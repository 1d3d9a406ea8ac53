"""The one table of the project's own code. Django tells of migrations only apps that have this module."""

from django.db import models
from django.db.models.functions import Now


class DailyFigure(models.Model):
    """What one day came to, for the charts of the admin's overview (lifestring/figures.py)."""

    pk = models.CompositePrimaryKey("day", "name")
    day = models.DateField()
    name = models.CharField(max_length=40)
    value = models.FloatField()
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.day} {self.name}: {self.value}"
