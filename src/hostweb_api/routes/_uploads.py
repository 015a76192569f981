"""`/api/plugins/upload` and `/inspect`: plugins that are sent as archives."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

from quart import Blueprint

from hostcore.snapshots import PluginSnapshot, as_json
from hostcore.sources import LARGEST_ARCHIVE
from hostweb_api._models import UploadQuery
from hostweb_api._operations import Answer, RequestHeader, note_target, operation
from hostweb_api._problem_sets import STARTING
from hostweb_api._problems import Problem, ProblemError
from hostweb_api._reading import current_request
from hostweb_api._responses import json_response
from hostweb_api._settings import ARCHIVE_TYPES
from hostweb_api.intake._inspection import Inspection
from hostweb_api.intake._intake import Intake
from hostweb_api.intake._receive import receive
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from quart.wrappers.response import Response

SIGNATURE_HEADER: Final = "Polyhost-Signature"
LONGEST_SIGNATURE: Final = 12 * 1024
"""Characters of the header: minisign's comments are at most 9 KiB, and base64 makes them longer by a third."""

_SIGNATURE: Final = RequestHeader(
    name=SIGNATURE_HEADER,
    description="A signature of the archive in minisign's format, in base64. It must be one by a trusted key.",
    schema={"type": "string", "maxLength": LONGEST_SIGNATURE},
)


LOADED: Final = {
    200: (
        Answer(kind=PluginSnapshot, description="With `replace`: it has taken the place of another version."),
    ),
    201: (
        Answer(
            kind=PluginSnapshot,
            description="The plugin is loaded and ready.",
            headers={"Location": "Where its `info` is."},
        ),
    ),
}
"""How loading succeeds."""

LOADING: Final = (*STARTING, "plugin-already-loaded", "source-refused", "reload-failed")
"""What may go wrong with it."""


def uploads_blueprint(intake: Intake) -> Blueprint:
    """Return the routes that take archives."""
    routes = Blueprint("uploads", __name__, url_prefix="/api/plugins")

    @routes.post("/upload")
    @operation(
        "uploadPlugin",
        scope=Scope.ADMIN,
        takes=ARCHIVE_TYPES,
        body_limit=LARGEST_ARCHIVE,
        query=UploadQuery,
        headers=(_SIGNATURE,),
        answers=LOADED,
        problems=LOADING,
    )
    async def upload_plugin(query: UploadQuery) -> Response:
        """Load the plugin in an archive, and answer when it is ready.

        The archive is a zip, tar or tar.gz of the plugin's folder. It is unpacked below the data folder, in `uploads`. With
        `replace` it takes the place of a version that is loaded as a reload does.
        """
        request = current_request()
        signature = _signature(request.headers.get(SIGNATURE_HEADER))
        async with intake.place() as place:
            await receive(request.body, place / "archive", limit=LARGEST_ARCHIVE)
            request.outlives_client = True
            loaded = await intake.load(
                place / "archive",
                signature=signature,
                named=note_target,
                replace=query.replace,
                force=query.force,
            )
        return answer_loaded(*loaded)

    @routes.post("/inspect")
    @operation(
        "inspectPlugin",
        scope=Scope.ADMIN,
        takes=ARCHIVE_TYPES,
        body_limit=LARGEST_ARCHIVE,
        headers=(_SIGNATURE,),
        audited=False,
        answers={200: (Answer(kind=Inspection, description="What is in the archive."),)},
        problems=("manifest-invalid", "interface-invalid", "source-refused"),
    )
    async def inspect_plugin() -> Response:
        """Say what is in an archive of a plugin, and what would follow from loading it.

        Nothing of it is run, and nothing is kept.
        """
        request = current_request()
        signature = _signature(request.headers.get(SIGNATURE_HEADER))
        async with intake.place() as place:
            await receive(request.body, place / "archive", limit=LARGEST_ARCHIVE)
            return json_response(as_json(await intake.inspect(place / "archive", signature=signature)))

    return routes


def answer_loaded(plugin: PluginSnapshot, was_replaced: bool) -> Response:  # noqa: FBT001 - as `Intake.load` returns it
    """Answer with a plugin that is loaded, or has taken another one's place."""
    if was_replaced:
        return json_response(as_json(plugin))
    return json_response(as_json(plugin), status=201, headers={"Location": f"/api/plugins/{plugin.id}/info"})


def _signature(text: str | None) -> bytes | None:
    """Read the header; raises `ProblemError`."""
    if text is None:
        return None
    try:
        if len(text) <= LONGEST_SIGNATURE:
            return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise ProblemError(
        Problem(
            code="request-invalid",
            detail=f"The header {SIGNATURE_HEADER} is no signature in base64.",
            hint="send the contents of the .minisig file in base64, on one line",
        )
    )
