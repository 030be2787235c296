"""What makes a patch useless."""


class PatchError(Exception):
    """The patch is malformed, or does not fit the object."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
