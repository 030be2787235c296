"""Why a container cannot be made: a reason and a message, as its waiting state shows them."""


class Refused(Exception):
    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
