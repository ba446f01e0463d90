"""The pages in a browser: templates and plain JavaScript over the HTTP API."""
