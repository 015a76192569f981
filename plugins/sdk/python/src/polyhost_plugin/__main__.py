"""Runs a plugin's file with the wire secured first: `python -m polyhost_plugin main.py`."""

from polyhost_plugin._launch import main

main()
