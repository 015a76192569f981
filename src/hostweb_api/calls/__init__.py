"""Calls of methods over HTTP: the forms in which they are asked for and answered, and repeated without harm."""
