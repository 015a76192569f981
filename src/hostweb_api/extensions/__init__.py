"""How extensions add to the API and to the console."""
