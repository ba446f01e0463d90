"""How long claims last, how often they are renewed, and what silence means, in seconds."""

LEASE_SECONDS = 30.0
RENEW_SECONDS = 5.0
SUGGESTION_SECONDS = 60.0
SUGGESTION_RENEW_SECONDS = 15.0
LIVE_SECONDS = 60.0
"""A worker beats several times in this time; one that was silent for longer counts as gone."""
