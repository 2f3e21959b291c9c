"""The small module behind the course: data, network, training, checks and figures."""


class InputError(ValueError):
    """Something the user gave cannot be used. The message is one sentence: what was given and what is allowed."""


def require(condition: bool, message: str) -> None:
    """Raise InputError with this message unless the condition holds."""
    if not condition:
        raise InputError(message)
