"""The sample service: what shipway releases."""
