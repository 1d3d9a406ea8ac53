"""System checks of the project."""


def register() -> None:
    """Register the checks with Django."""
