"""People: Supabase's tables about them (`people`), and ours about staff, suspensions and erasures (`staff`)."""

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
from accounts.models.staff import (
    ErasedAccount,
    SignedOut,
    SignInOutcome,
    StaffSignIn,
    StaffUser,
    StaffUserManager,
    Suspension,
)

__all__ = [
    "AuthUser",
    "ConnectionStatus",
    "Enneagram",
    "ErasedAccount",
    "RecommendationStatus",
    "SignInOutcome",
    "SignedOut",
    "StaffSignIn",
    "StaffUser",
    "StaffUserManager",
    "Suspension",
    "UserConnection",
    "UserEnneagram",
    "UserProfile",
    "UserRecommendation",
]
