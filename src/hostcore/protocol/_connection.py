"""The state of one connection, without I/O, after the model of h11.

The surface (bodies to be written):

    connection = Connection(Role.HOST, limits=Limits())

    # receiving: feed bytes, then take events until None
    connection.receive_data(data)            # bytes-like; b"" means end of input
    event = connection.next_event()          # ConnectionEvent | None; raises RemoteProtocolError (sticky)

    # sending: each returns the bytes of exactly one frame, to be written in one go
    data = connection.send(message)          # any Message; LocalProtocolError / TooLargeError, state unchanged then
    call_id, data = connection.send_request(method, params, timeout_ms=None, progress=False, credit=0,
                                            parent=None, plugin=None, traceparent=None)   # allocates the id
    data = connection.send_response(call_id, result)     # and send_error(call_id, ErrorInfo)

    # facts
    connection.role, .state, .encoding (Encoding | None), .peer_hello, .features (agreed frozenset[str]),
    .peer_limits, .statistics()
    connection.abandon(call_id) -> bytes | None   # caller has gone: id becomes a tombstone until its response comes;
                                                  # returns a $/cancel frame if the feature was agreed on
    connection.tombstones -> int
    connection.may_send_data(call_id) -> int      # credit left to send items on this call
    connection.grant(call_id, n) -> bytes         # a $/credit frame, remembered
"""
