"""How long claims last, and how often they are renewed, in seconds."""

LEASE_SECONDS = 30.0
RENEW_SECONDS = 5.0
SUGGESTION_SECONDS = 60.0
