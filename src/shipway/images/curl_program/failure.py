"""How a transfer can end badly: curl's exit codes."""

UNSUPPORTED, USAGE, BAD_URL, NO_PROXY_HOST, NO_HOST, REFUSED = 1, 2, 3, 5, 6, 7
PARTIAL, HTTP_ERROR, WRITE_ERROR, READ_ERROR, TIMEOUT = 18, 22, 23, 26, 28
TOO_MANY_REDIRECTS, EMPTY, SEND_ERROR, RECEIVE_ERROR = 47, 52, 55, 56


class Failure(Exception):
    """`refused`: nobody listened, which --retry-connrefused waits for."""

    def __init__(self, code: int, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.refused = refused
