"""Greets people, as greeter-go does it over gRPC."""

from polyhost_plugin import NOT_FOUND, Plugin, PluginError

LANGUAGES = {"de": "Guten Tag", "en": "Hello", "fr": "Bonjour"}

plugin = Plugin("greeter-python", version="1.0.0")


@plugin.method("Greeter.Greet")
def greet(name: str, language: str = "en") -> dict:
    """Greet a person."""
    if language not in LANGUAGES:
        raise PluginError(
            "UnknownLanguage",
            f'no greeting is known in "{language}"',
            code=NOT_FOUND,
            data={"language": language},
        )
    return {"message": f"{LANGUAGES[language]}, {name}!"}


@plugin.method("Greeter.Languages")
def languages():  # noqa: ANN201 - a generator: what it yields is streamed
    """Stream the languages that people can be greeted in."""
    for code, hello in LANGUAGES.items():
        yield {"code": code, "hello": hello}
    return {"count": len(LANGUAGES)}


plugin.run()
