"""One module for each command or group of like ones; imported when the command is run."""
