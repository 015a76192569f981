"""Who is measured: each subject is a process of its own that does what it is told over its standard streams."""
