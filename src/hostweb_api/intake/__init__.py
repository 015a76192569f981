"""How plugins come to the host over the network: archives that are sent, or fetched, and looked at before anything runs."""
