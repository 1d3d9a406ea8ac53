"""Rows of ours about accounts that Supabase no longer has; no foreign key crosses the schemas, so a sweep does its work."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from accounts.models import AuthUser, ErasedAccount, SignedOut, StaffSignIn, StaffUser, Suspension
from lifestring.db import service


@service
def orphans_sweep() -> int:
    """Delete them; returns how many there were."""
    staff = StaffUser.objects.exclude(supabase_user_id=None)
    staff = staff.filter(~Exists(AuthUser.objects.filter(id=OuterRef("supabase_user_id"))))
    account = AuthUser.objects.filter(id=OuterRef("user_id"))
    suspensions = Suspension.objects.filter(~Exists(account))
    erasures = ErasedAccount.objects.filter(~Exists(account))
    # No access token lives longer than a week at Supabase.
    outlived = SignedOut.objects.filter(Q(at__lt=Now() - timedelta(days=8)) | ~Exists(account))
    # By the addresses of the staff that go, so before them.
    sign_ins = StaffSignIn.objects.filter(email__in=staff.values("email"))
    return sum(rows.delete()[0] for rows in (sign_ins, staff, suspensions, erasures, outlived))
