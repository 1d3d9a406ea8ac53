"""People: Supabase's tables about them (`people`), and ours about staff and suspensions (`staff`)."""

from accounts.models.people import (
    AuthUser,
    ConnectionStatus,
    Enneagram,
    RecommendationStatus,
    UserConnection,
    UserEnneagram,
    UserProfile,
    UserRecommendation,
)
from accounts.models.staff import StaffUser, StaffUserManager, Suspension

__all__ = [
    "AuthUser",
    "ConnectionStatus",
    "Enneagram",
    "RecommendationStatus",
    "StaffUser",
    "StaffUserManager",
    "Suspension",
    "UserConnection",
    "UserEnneagram",
    "UserProfile",
    "UserRecommendation",
]
