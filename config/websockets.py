"""How uvicorn serves websockets, in one place for every way to start it.

No compression: it would take four times the memory for each socket. Frames end at
1 MiB; what is smaller and still too large is closed with a reason by `live`. The
lifespan is on, so that open reports are flushed and connections closed at the end.
"""

OPTIONS = (
    *("--lifespan", "on"),
    *("--ws", "websockets-sansio"),
    *("--ws-per-message-deflate", "false"),
    *("--ws-max-size", "1048576"),
)
