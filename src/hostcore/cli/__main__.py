"""`python -m hostcore.cli` is `polyhost`."""

from hostcore.cli import main

main()
