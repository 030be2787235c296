"""The application for an ASGI server of one's own: `uvicorn sample_app.main:app --reload`."""

import os

from sample_app.service import Life, create_app
from sample_app.settings import Settings

app = create_app(Settings.read(os.environ), Life())
