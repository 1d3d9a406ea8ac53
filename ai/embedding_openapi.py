"""What the OpenAPI document says of embeddings."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from accounts.answers import ALICE_ID
from lifestring.openapi import parameters
from lifestring.openapi.envelopes import envelope
from lifestring.openapi.operations import ai_unavailable, answer, document, forbidden

EmbeddingQueuedAnswer = envelope(
    "EmbeddingQueued",
    "An embedding is to be computed.",
    success=serializers.BooleanField(),
    status=serializers.ChoiceField(["queued"]),
    message=serializers.CharField(),
    user_id=serializers.UUIDField(help_text="Whose."),
)

embedding_docs = document(
    create=extend_schema(
        operation_id="embed_user",
        tags=["Recommendations"],
        summary="Have a person's embedding computed",
        description=(
            "For the person and admins. It happens in the background, a moment later; a profile that has not changed "
            "since is not computed again. Needed after writes that went past this service only, and then sooner than it "
            "would happen anyway."
        ),
        parameters=[parameters.in_path("user", "The person's `user_id`; the profile's own id is understood too.")],
        request=None,
        responses={
            202: answer(
                EmbeddingQueuedAnswer,
                "It is queued.",
                queued={
                    "success": True,
                    "status": "queued",
                    "message": "The embedding is computed in the background.",
                    "user_id": ALICE_ID,
                },
            ),
            403: forbidden("It is somebody else and the caller is no admin."),
            503: ai_unavailable("No model is set up, or something else is away for now."),
        },
    )
)
