"""The REST API of a Polyhost host."""
