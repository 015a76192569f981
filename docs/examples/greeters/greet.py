"""Call one interface of three plugins: over gRPC in Go and in JavaScript, over stdio in Python."""

import trio

from hostcore import open_host
from hostcore.errors import CallFailedError


async def main() -> None:
    """Ask each of them the same."""
    async with open_host() as host:
        for folder in ("greeter-go", "greeter-grpc-node", "greeter-python"):
            greeter = await host.load(folder)
            answer = await host.call("Greeter.Greet", {"name": "Ada"}, plugin=greeter.id)
            print(f"{greeter.id} over {greeter.transport}: {answer['message']}")

            async with host.stream("Greeter.Languages", plugin=greeter.id) as languages:
                codes = [each["code"] async for each in languages]
            print(" ", *codes, languages.result)

            try:
                await host.call("Greeter.Greet", {"name": "Ada", "language": "tlh"}, plugin=greeter.id)
            except CallFailedError as error:
                print(f"  {error.name}: {error.message} {error.data}")


trio.run(main)
