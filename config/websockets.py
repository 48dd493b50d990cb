"""How uvicorn serves websockets, in one place for every way to start it.

No compression: it would take four times the memory for each socket. Frames end at
1 MiB; what is smaller and still too large is closed with a reason by `live`.
"""

OPTIONS = (
    *("--ws", "websockets-sansio"),
    *("--ws-per-message-deflate", "false"),
    *("--ws-max-size", "1048576"),
)
