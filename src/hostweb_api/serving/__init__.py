"""How requests arrive and answers leave: connections, bodies, streams, and the server around them."""
