"""What can go wrong with a model's server, whatever the server or the SDK calls it."""

from ai.clients.usage import Usage


class ModelError(Exception):
    """The model gave no usable answer.

    `used` is what the call cost all the same, by which model: of a stream that broke off, say. None where nothing was.
    """

    used: tuple[str, Usage] | None = None


class ModelUnavailableError(ModelError):
    """It does not answer, or not with what was asked for: try later, or look at the configuration."""


class ModelRateLimitedError(ModelError):
    """It has had enough for now.

    Args:
        message: one sentence for the log.
        retry_after: for how many seconds it wants to be left alone, None where it does not say.
    """

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class InputRefusedError(ModelError):
    """It answers, but not to this input; the same again would be refused again."""


class ContextTooLongError(InputRefusedError):
    """The input is more than it takes at once."""


class BadAnswerError(ModelUnavailableError):
    """It answered what cannot be an answer."""
