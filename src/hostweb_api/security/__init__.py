"""Who may use the API, and what is refused before any route sees it."""
