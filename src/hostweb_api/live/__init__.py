"""The live websocket of the API: topics that are followed, and calls whose items flow both ways."""
