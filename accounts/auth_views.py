"""`/api/auth`: signing up, in and out through us, for clients without a Supabase library (docs/api.md, People).

Whoever keeps the accounts answers: Supabase Auth, or local mode. The answers are Supabase's own, without our envelope.
"""

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.auth_gateway import AuthError, auth_gateway
from accounts.auth_openapi import auth_docs
from accounts.auth_serializers import LoginSerializer, RecoverSerializer, RefreshSerializer, RegisterSerializer
from accounts.tokens import verifier
from lifestring.bearer import bearer_token
from lifestring.errors import DomainError, ErrorCode
from lifestring.views import ApiViewSet, validated


@auth_docs
class AuthViewSet(ApiViewSet):
    """Sessions, for everybody."""

    authentication_classes = []
    permission_classes = [AllowAny]
    limit_class = "auth"

    def register(self, request: Request) -> Response:
        """Create an account."""
        values = validated(RegisterSerializer(data=request.data))
        data = {"name": values["name"]} if values.get("name") else {}
        return Response(
            auth_gateway().sign_up(email=values["email"], password=values["password"], data=data), status=201
        )

    def login(self, request: Request) -> Response:
        """Start a session."""
        values = validated(LoginSerializer(data=request.data))
        return Response(auth_gateway().sign_in(email=values["email"], password=values["password"]))

    def refresh(self, request: Request) -> Response:
        """Exchange a refresh token."""
        values = validated(RefreshSerializer(data=request.data))
        return Response(auth_gateway().refresh(refresh_token=values["refresh_token"]))

    def logout(self, request: Request) -> Response:
        """End all sessions of the token's user; a session that is over already is no error."""
        token = bearer_token(request.headers.get("Authorization", ""))
        if token is None:
            raise DomainError(
                "Send the access token as `Authorization: Bearer <access token>`.",
                code=ErrorCode.NOT_AUTHENTICATED,
                status=401,
                headers={"WWW-Authenticate": 'Bearer realm="api"'},
            )
        verifier().verify(token)
        try:
            auth_gateway().sign_out(access_token=token)
        except AuthError as error:
            if error.code != "session_not_found":
                raise
        return Response(status=204)

    def recover(self, request: Request) -> Response:
        """Have a recovery mail sent, if the address is known."""
        values = validated(RecoverSerializer(data=request.data))
        auth_gateway().recover(email=values["email"])
        return Response({})
