"""Job specs: what a person asks for, checked on construction, JSON both ways."""
