"""The answer as a bare ASGI app, without a framework."""

START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/plain"), (b"content-length", b"2")],
}
BODY = {"type": "http.response.body", "body": b"{{version}}"}


async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send(START)
    await send(BODY)
