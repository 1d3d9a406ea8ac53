"""What clients send to and get from `/api/auth` (docs/api.md, People)."""

from typing import Any

from rest_framework import serializers

MAX_PASSWORD = 1000
MAX_TOKEN = 4096


class LoginSerializer(serializers.Serializer[Any]):
    """The body of a sign-in."""

    email = serializers.EmailField(max_length=255)
    password = serializers.CharField(trim_whitespace=False, max_length=MAX_PASSWORD)


class RegisterSerializer(LoginSerializer):
    """The body of a sign-up; whether the password is good enough is for Supabase Auth to say."""

    name = serializers.CharField(max_length=255, required=False, allow_blank=True, allow_null=True)


class RefreshSerializer(serializers.Serializer[Any]):
    """The body of a refresh."""

    refresh_token = serializers.CharField(max_length=MAX_TOKEN)


class RecoverSerializer(serializers.Serializer[Any]):
    """The body of a request for a recovery mail."""

    email = serializers.EmailField(max_length=255)


class SessionUserSerializer(serializers.Serializer[Any]):
    """Supabase's user object; it holds more than is named here."""

    id = serializers.UUIDField()
    aud = serializers.CharField()
    role = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    app_metadata = serializers.DictField()
    user_metadata = serializers.DictField()
    created_at = serializers.DateTimeField()


class SessionSerializer(serializers.Serializer[Any]):
    """Supabase's session object."""

    access_token = serializers.CharField(help_text="Send it as `Authorization: Bearer …`.")
    token_type = serializers.CharField(help_text="`bearer`")
    expires_in = serializers.IntegerField(help_text="Seconds until the access token expires.")
    expires_at = serializers.IntegerField(help_text="When it expires, as Unix time in seconds.")
    refresh_token = serializers.CharField(help_text="Good for one exchange.")
    user = SessionUserSerializer()
