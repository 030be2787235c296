"""How the doctor asks: an answer is a good sign, an error comes with its remedy."""

from collections.abc import Awaitable

from shipway.errors import ShipwayError
from shipway.model.check import Check


async def checked(name: str, answer: Awaitable[str]) -> Check:
    try:
        return Check(name, ok=True, found=await answer)
    except ShipwayError as error:
        return Check(name, ok=False, found=error.problem, remedy=error.remedy)
