"""The HTTP API under `/api/v1`: launch, look, follow, export. The dashboard is its client."""
