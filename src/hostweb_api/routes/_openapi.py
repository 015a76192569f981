"""`/openapi.json` and `/api/docs`: what this API is, for programs and for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio
from quart import Blueprint, current_app
from quart.wrappers.response import Response

from hostweb_api._json import dump_json
from hostweb_api._operations import Answer, operation
from hostweb_api._responses import json_response
from hostweb_api.openapi._document import build_document
from hostweb_api.openapi._page import PAGE_POLICY, render_page

if TYPE_CHECKING:
    from typing import Any

_HTML = "text/html; charset=utf-8"


def openapi_blueprint() -> Blueprint:
    """Return the routes that describe the API."""
    routes = Blueprint("documentation", __name__)
    description = _Description()

    @routes.get("/openapi.json")
    @operation(
        "showOpenapi",
        scope=None,
        answers={200: (Answer(kind=dict[str, object], description="An OpenAPI 3.1 document."),)},
    )
    async def show_openapi() -> Response:
        """Describe this API for programs."""
        return json_response((await description.of(current_app))[0])

    @routes.get("/api/docs")
    @operation(
        "showDocs",
        scope=None,
        answers={200: (Answer(kind=str, description="A page in HTML.", media_type="text/html"),)},
    )
    async def show_docs() -> Response:
        """Describe this API for people."""
        page = (await description.of(current_app))[1]
        return Response(page, headers={"Content-Security-Policy": PAGE_POLICY}, content_type=_HTML)

    return routes


class _Description:
    """Is the description in both forms, made when somebody first asks for it: it takes tenths of a second."""

    def __init__(self) -> None:
        self._made: tuple[bytes, bytes] | None = None
        self._making = trio.Lock()

    async def of(self, app: Any) -> tuple[bytes, bytes]:
        """Return the document and the page."""
        async with self._making:
            if self._made is None:
                self._made = await trio.to_thread.run_sync(_describe, app._get_current_object())  # noqa: SLF001 - the framework's way to the app behind its proxy
            return self._made


def _describe(app: Any) -> tuple[bytes, bytes]:
    document = build_document(app)
    return dump_json(document), render_page(document)
