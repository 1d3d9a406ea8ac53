"""What can be reported, why, and how urgent that is (docs/api.md, Moderation)."""

from django.db import models


class TargetType(models.TextChoices):
    """What a report or case is about."""

    USER = "user"
    STRING = "string"
    COMMENT = "comment"
    MESSAGE = "message"
    ROOM = "room"
    EVENT = "event"


class Reason(models.TextChoices):
    """Why somebody reports something."""

    SPAM = "spam"
    HARASSMENT = "harassment"
    HATE = "hate"
    VIOLENCE = "violence"
    SEXUAL = "sexual"
    SELF_HARM = "self_harm"
    ILLEGAL = "illegal"
    IMPERSONATION = "impersonation"
    PRIVACY = "privacy"
    OTHER = "other"


# From 1 to 3: what may hurt somebody before the day is over comes before what is unpleasant, and that before a nuisance.
SEVERITY: dict[str, int] = {
    Reason.SELF_HARM: 3,
    Reason.VIOLENCE: 3,
    Reason.ILLEGAL: 3,
    Reason.HATE: 2,
    Reason.HARASSMENT: 2,
    Reason.SEXUAL: 2,
    Reason.PRIVACY: 2,
    Reason.SPAM: 1,
    Reason.IMPERSONATION: 1,
    Reason.OTHER: 1,
}
