"""Ask a server what it serves: the conversation of gRPC's server reflection, without any input or output."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from hostcore.errors import InterfaceError
from hostcore_grpc.methods._descriptors import Descriptors, is_infrastructure
from hostcore_grpc.methods._known import KnownMessages
from hostcore_grpc.methods._runtime import WELL_KNOWN_FILES, DecodeError, FileDescriptorProto, parse
from hostcore_grpc.methods._scan import MAX_COUNTS, DescriptorCounter

# To be tried in this order: the older one is served by all that serve any, the newer one may be alone in time.
REFLECTION_PATHS: Final = (
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
)
# One question for the list, one for each service, and one for each file that did not come along with others.
MAX_QUESTIONS: Final = 1 + MAX_COUNTS["service"] + MAX_COUNTS["file"]
_MAX_REASON: Final = 200


class ReflectionConversation:
    """Learns the services of a server and all files that they need.

    Send what `next_request` returns as one message of the stream, give the answer to `receive`, and repeat until
    `next_request` returns None; the stream can be ended then. One stream must do for the whole conversation: servers
    send a file once in a stream.

    Args:
        known: the messages of the adapter.
        source: what is asked, for messages.

    Attributes:
        services: the plugin's own services, by full name, as the server listed them.
        refused: why a service or a file was not told, by its name.
    """

    def __init__(self, known: KnownMessages, *, source: str = "server reflection") -> None:
        self._known = known
        self._source = source
        self._counter = DescriptorCounter(source)
        self._files: dict[str, bytes] = {}
        self._asked: set[str] = set()
        self._questions: deque[tuple[str, str]] = deque([("list_services", "*")])
        self._open: tuple[str, str] | None = None
        self._count = 0
        self.services: list[str] = []
        self.refused: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<ReflectionConversation {self._source} questions={self._count} files={len(self._files)}>"

    def next_request(self) -> bytes | None:
        """Return the next message to send, or None when all is known.

        Raises:
            InterfaceError: the server makes the conversation endless.
        """
        if self._open is not None or not self._questions:
            return None
        self._count += 1
        if self._count > MAX_QUESTIONS:
            raise self._fail(f"there are more than {MAX_QUESTIONS} questions to ask")
        self._open = self._questions.popleft()
        kind = self._known.reflection_request
        data: bytes = kind.SerializeToString(kind(**{self._open[0]: self._open[1]}))
        return data

    def receive(self, data: bytes) -> None:
        """Take the answer to the last request.

        Raises:
            InterfaceError: it is none, or there is too much of it.
        """
        if self._open is None:
            raise self._fail("the server sent an answer that nobody asked for")
        (question, name), self._open = self._open, None
        try:
            answer = parse(self._known.reflection_response, data)
        except DecodeError as error:
            raise self._fail("the server's answer is no message of reflection") from error
        match answer.WhichOneof("message_response"):
            case "list_services_response" if question == "list_services":
                self._take_services(answer.list_services_response.service)
            case "file_descriptor_response" if question != "list_services":
                self._take_files(answer.file_descriptor_response.file_descriptor_proto)
            case "error_response":
                told = answer.error_response
                reason = f"the server says: {told.error_message[:_MAX_REASON]} (code {told.error_code})"
                if question == "list_services":
                    raise self._fail(reason)
                self.refused[name] = reason
            case other:
                raise self._fail(f"the server answered {question} with {other}")

    def descriptors(self, *, served_only: bool = True) -> Descriptors:
        """Return what was learned.

        Args:
            served_only: show only the services that the server listed; else also those that its files define for the
                other side.

        Raises:
            InterfaceError: as `Descriptors`.
        """
        served = frozenset(self.services) if served_only else None
        return Descriptors(self._files.values(), source=self._source, served=served)

    def _take_services(self, listed: Any) -> None:
        names = list(dict.fromkeys(item.name for item in listed if not is_infrastructure(item.name)))
        if len(names) > MAX_COUNTS["service"]:
            raise self._fail(f"the server lists more than {MAX_COUNTS['service']} services")
        self.services = names
        self._questions.extend(("file_containing_symbol", name) for name in names)

    def _take_files(self, files: Any) -> None:
        for data in files:
            self._counter.add(data, "file")
            try:
                file = parse(FileDescriptorProto, data)
            except DecodeError as error:
                raise self._fail("the server sent a file that is no descriptor") from error
            if file.name in self._files:
                continue
            self._files[file.name] = data
            for name in file.dependency:
                if name not in self._asked and name not in WELL_KNOWN_FILES:
                    self._asked.add(name)
                    self._questions.append(("file_by_filename", name))
        # What came along, now or later, need not be asked for.
        self._questions = deque(
            (kind, name)
            for kind, name in self._questions
            if kind != "file_by_filename" or name not in self._files
        )

    def _fail(self, message: str) -> InterfaceError:
        return InterfaceError(
            message,
            location=self._source,
            hint="name a descriptor set in the manifest: [grpc] descriptors",
        )
