"""Adds routes to the API, and an entry to the console's navigation."""

from collections import Counter

from pydantic import BaseModel
from quart import Blueprint, Response

from hostcore.hooks import HostControl, hookimpl
from hostweb_api import Answer, NavigationEntry, Scope, current_request, json_response, operation


class Vote(BaseModel):
    """Is the body of a vote."""

    plugin: str


class Votes:
    """Lets people vote for plugins."""

    def __init__(self) -> None:
        self._votes: Counter[str] = Counter()

    @hookimpl(optionalhook=True)
    def hostweb_provide_blueprints(self, host: HostControl) -> list[Blueprint]:
        """Offer two routes, below `/api/extensions/votes`."""
        routes = Blueprint("votes", __name__)
        counted = Answer(kind=dict[str, int], description="The votes by plugin.")

        @routes.get("/counted")
        @operation("showVotes", scope=Scope.VIEWER, answers={200: (counted,)})
        async def show() -> Response:
            """Show the votes."""
            return json_response(dict(self._votes))

        @routes.post("/cast")
        @operation(
            "castVote",
            scope=Scope.OPERATOR,
            body=Vote,
            answers={200: (counted,)},
            problems=("plugin-not-found",),
        )
        async def cast(body: Vote) -> Response:
            """Vote for a plugin."""
            plugin = host.plugin(body.plugin)  # raises what is answered with 404 when there is none
            self._votes[plugin.id] += 1
            print(current_request().caller.name, "has voted")
            return json_response(dict(self._votes))

        return [routes]

    @hookimpl(optionalhook=True)
    def hostweb_provide_navigation(self) -> list[NavigationEntry]:
        """Show them in the console."""
        return [NavigationEntry(title="Votes", path="/api/extensions/votes/counted")]
