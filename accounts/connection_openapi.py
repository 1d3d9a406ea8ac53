"""What the OpenAPI document says of connections, blocks and discovery."""

from drf_spectacular.utils import OpenApiParameter, extend_schema

from accounts.answers import ALICE_ID, PROFILE, UserAnswer
from accounts.connection_answers import (
    ACCEPTED,
    BLOCK,
    CARD,
    CONNECTION,
    CONNECTION_LISTS,
    MATCH,
    BlockAnswer,
    ConnectionAnswer,
    ConnectionCardAnswer,
    ConnectionEnvelopeAnswer,
    ConnectionRequestedAnswer,
    MatchAnswer,
)
from accounts.discovery import MAX_COMPARED
from accounts.serializers import (
    ConnectionAnswerSerializer,
    ConnectionRequestSerializer,
    ConnectionRespondSerializer,
)
from lifestring.openapi import parameters
from lifestring.openapi.envelopes import one, page_examples, page_of
from lifestring.openapi.operations import (
    answer,
    blocked,
    blocked_or_forbidden,
    body,
    describe,
    document,
    nothing,
    unprocessable,
)

TAGS = ["Connections"]
OTHER = parameters.in_path("user", "The other person's `user_id`; the profile's own id is understood too.")
INCLUDE = parameters.include(
    "`requester`, `receiver` the two people, as the caller may see them.", "requester", "receiver"
)
PAGING = [*parameters.paging("created_at", "updated_at", "status", default="created_at"), INCLUDE]
BARE = parameters.limit(default=1000, most=1000)
_BLOCKED = "The caller blocks this person, or may not write at all."
_NOT_RECEIVER = "The caller blocks this person, is the one who asked (`forbidden`), or may not write at all."
_ONE_ROW = (
    "Two people have one connection; where other clients wrote one in each direction, the further one counts. "
    "People a block stands between are left out."
)
_ANSWERS = (
    "For the receiver of a pending request; 422 `conflict` once it is answered. Whoever asked hears of an accepted one "
    "live (`connection.accepted`)."
)

describe(ConnectionRequestSerializer, receiver_id="Whom to ask: their `user_id`.")
describe(ConnectionAnswerSerializer, status="`dismissed` is an old word for `declined`.")
describe(ConnectionRespondSerializer, accept="Whether to accept. Needed here or in the query; here it counts first.")


def _page(path: str) -> object:
    return answer(page_of(ConnectionAnswer), "Connections.", **page_examples(path, CONNECTION))


_CARDS = {"connections": [CARD], "total": 1, "page": 1, "per_page": 15}

connection_docs = document(
    list=extend_schema(
        operation_id="list_connections",
        tags=TAGS,
        summary="List your connections",
        description=(
            f"Both sent and received, in every state. {_ONE_ROW} One's own blocks are shown where `status=blocked` asks "
            "for them. With `status_filter` the answer has the flat shape the web frontend reads, newest first unless "
            "told otherwise; `cursor`, `status` and `include` are passed over then."
        ),
        parameters=[
            *PAGING,
            parameters.choice("type", "Who asked; both unless told otherwise.", "all", "sent", "received"),
            parameters.choice("status", "Only those in this state.", "pending", "accepted", "declined", "blocked"),
            parameters.choice(
                "status_filter",
                "As `status`, in the frontend's shape; empty for all.",
                "pending",
                "accepted",
                "declined",
            ),
        ],
        responses={
            200: answer(CONNECTION_LISTS, "Connections.", **page_examples("/api/connections", CONNECTION), flat=_CARDS)
        },
    ),
    create=extend_schema(
        operation_id="request_connection",
        tags=TAGS,
        summary="Ask for a connection",
        description=(
            "422 on `receiver_id` for oneself, for nobody there is, and where a request or connection stands between "
            "the two already. Whoever was declined may not ask again while the declined request stands; whoever "
            "declined may. The receiver hears of it live (`connection.requested`)."
        ),
        request=ConnectionRequestSerializer,
        examples=[body("request", {"receiver_id": ALICE_ID})],
        responses={
            201: answer(
                ConnectionRequestedAnswer,
                "Asked.",
                asked={"message": "Connection request sent successfully", "connection": CONNECTION},
            ),
            403: blocked(_BLOCKED),
        },
    ),
    retrieve=extend_schema(
        operation_id="show_connection",
        tags=TAGS,
        summary="Show your connection with a person",
        description="404 where there is none. One's own block is shown, as `blocked`; the blocked person gets 404.",
        parameters=[OTHER, INCLUDE],
        responses={200: answer(ConnectionEnvelopeAnswer, "The connection.", connection={"connection": CONNECTION})},
    ),
    update=extend_schema(
        operation_id="answer_connection",
        tags=TAGS,
        summary="Accept or decline a request",
        description=_ANSWERS,
        parameters=[OTHER],
        request=ConnectionAnswerSerializer,
        examples=[body("accept", {"status": "accepted"})],
        responses={
            200: answer(ConnectionEnvelopeAnswer, "The connection as it is now.", accepted={"connection": ACCEPTED}),
            403: blocked_or_forbidden(_NOT_RECEIVER),
        },
    ),
    respond=extend_schema(
        operation_id="respond_to_connection",
        tags=TAGS,
        summary="Accept or decline a request, bare",
        description=f"The shape the web frontend reads. {_ANSWERS}",
        parameters=[
            OTHER,
            OpenApiParameter(
                "accept", {"type": "boolean"}, description="Whether to accept, where the body does not say."
            ),
        ],
        request=ConnectionRespondSerializer,
        examples=[body("accept", {"accept": True})],
        responses={
            200: answer(ConnectionAnswer, "The connection as it is now.", accepted=ACCEPTED),
            403: blocked_or_forbidden(_NOT_RECEIVER),
        },
    ),
    destroy=extend_schema(
        operation_id="remove_connection",
        tags=TAGS,
        summary="End a connection, or take a request back",
        description="For either of the two, in every state but a block, which `DELETE /api/users/{user}/block` lifts.",
        parameters=[OTHER],
        responses={204: nothing("Ended."), 403: blocked(_BLOCKED)},
    ),
    mine=extend_schema(
        operation_id="list_my_connections",
        tags=TAGS,
        summary="List whom you are connected with",
        description=f"Accepted ones, whoever asked. {_ONE_ROW}",
        parameters=PAGING,
        responses={200: _page("/api/my/connections")},
    ),
    requests=extend_schema(
        operation_id="list_my_pending_requests",
        tags=TAGS,
        summary="List requests that wait for your answer",
        description="Pending ones that the caller received.",
        parameters=PAGING,
        responses={200: _page("/api/my/pending-requests")},
    ),
    accepted=extend_schema(
        operation_id="list_connected_people",
        tags=TAGS,
        summary="List the people you are connected with, bare",
        description="The shape the web frontend reads, the newest connection first. `GET /api/my/connections` has pages.",
        parameters=[BARE],
        responses={200: answer(UserAnswer(many=True), "People.", people=PROFILE)},
    ),
    pending=extend_schema(
        operation_id="list_requesting_people",
        tags=TAGS,
        summary="List requests that wait for your answer, bare",
        description="The shape the web frontend reads, the newest first. `GET /api/my/pending-requests` has pages.",
        parameters=[BARE],
        responses={200: answer(ConnectionCardAnswer(many=True), "Requests.", requests=CARD)},
    ),
)

block_docs = document(
    list=extend_schema(
        operation_id="list_my_blocks",
        tags=TAGS,
        summary="List whom you block",
        description="The newest block first unless told otherwise.",
        parameters=parameters.paging("created_at", default="created_at"),
        responses={200: answer(page_of(BlockAnswer), "Blocks.", **page_examples("/api/my/blocks", BLOCK))},
    ),
    create=extend_schema(
        operation_id="block_user",
        tags=TAGS,
        summary="Block a person",
        description=(
            "Ends any connection or request between the two. To the blocked person the caller is not there any more. "
            "Repeatable: a second time changes nothing."
        ),
        parameters=[OTHER],
        request=None,
        responses={
            201: answer(one(BlockAnswer), "Blocked.", block={"data": BLOCK}),
            422: unprocessable("It is the caller; `errors` names `user`."),
        },
    ),
    destroy=extend_schema(
        operation_id="unblock_user",
        tags=TAGS,
        summary="Lift your block of a person",
        description="Repeatable: a second time changes nothing. Nothing that was before the block comes back.",
        parameters=[OTHER],
        responses={204: nothing("The caller does not block them.")},
    ),
)

discover_docs = document(
    list=extend_schema(
        operation_id="discover_people",
        tags=TAGS,
        summary="Discover people",
        description=(
            "People with whom the caller has no connection in any state, those they share most with first, then the "
            "newest. Suspended people and people a block stands between are left out. Compared are at most the "
            f"{MAX_COMPARED:,} people who changed their profile last, of those the filters leave."
        ),
        parameters=[
            parameters.text(
                "interests",
                "Only people who name one of these, comma separated and at most 20, among their interests, passions or "
                "hobbies, whatever the case.",
                longest=500,
            ),
            parameters.text("location", "Only people whose location contains this, whatever its case."),
            parameters.limit(default=20, most=50),
        ],
        responses={200: answer(MatchAnswer(many=True), "People.", people=MATCH)},
    ),
)
