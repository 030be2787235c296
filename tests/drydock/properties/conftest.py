"""How the properties are sought: the same examples each time, or ever new ones with HYPOTHESIS_PROFILE=explore."""

import os

from hypothesis import settings

settings.register_profile(
    "steady", max_examples=150, deadline=None, derandomize=True, database=None
)
settings.register_profile("explore", max_examples=3000, deadline=None, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
