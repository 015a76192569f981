"""Polyhost's framework: runs plugins written in any language."""
