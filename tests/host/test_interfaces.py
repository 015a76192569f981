"""Which interfaces a host knows, and who has and needs them: a pure picture of editions and the start order."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hostcore.config import HostConfig
from hostcore.dependencies import DependencyNode, StartOrder, resolve
from hostcore.errors import InterfaceNotFoundError
from hostcore.hooks import Extensions
from hostcore.host import open_host
from hostcore.host._decisions import Decisions
from hostcore.host._edition import Edition
from hostcore.host._interfaces import DESCRIBED, find_interface, show_interfaces
from hostcore.host._tally import CallCounter
from hostcore.interfaces import parse_interface
from hostcore.manifest import load_interfaces_of, load_manifest
from hostcore.protocol import PluginHello
from hostcore.snapshots import InterfaceProvider, InterfaceRequirer, PluginState

READY, STOPPED = PluginState.READY, PluginState.STOPPED
OBJECT = {"type": "object"}


class Owner:
    """Answers what an edition asks of its plugin while it makes its routes."""

    counter = CallCounter()

    async def wait_callable(self, route, timeout, context, call_id, *, is_streaming):
        return route

    def routes_made(self, edition):
        pass


def method(**more):
    return {"params": OBJECT, "result": OBJECT, **more}


def document(name="Store", version="1.2", **methods):
    return {
        "interface": 1,
        "name": name,
        "version": version,
        "description": "Keeps things.",
        "methods": methods or {"Get": method(errors=["Missing"]), "Put": method(since="1.2")},
        "errors": {"Missing": {"code": "NOT_FOUND", "description": "It is not there.", "retryable": True}},
    }


def write_plugin(folder, provides="", requires="", file=None):
    folder.mkdir()
    (folder / "plugin.toml").write_text(
        f'id = "{folder.name}"\nversion = "1.0.0"\ncommand = ["true"]\nstart = "on-demand"\n'
        f"[provides]\n{provides}\n[requires.interfaces]\n{requires}\n"
    )
    if file is not None:
        (folder / "interfaces").mkdir()
        path = folder / "interfaces" / f"{file['name']}.v1.json"
        path.write_text(json.dumps(file))
    return folder


@pytest.fixture
def edition(tmp_path):
    """Make the edition of a plugin from its files, in a host without extensions."""
    decisions = Decisions(Extensions(report=lambda event: None), None)

    def make(plugin, provides="", requires="", file=None):
        manifest = load_manifest(write_plugin(tmp_path / plugin, provides, requires, file))
        return Edition(manifest, load_interfaces_of(manifest), owner=Owner(), decisions=decisions)

    return make


def greet(edition, interfaces, described=()):
    """Have a plugin say hello, and describe itself."""
    hello = PluginHello(name=edition.manifest.id, version="1.0.0", interfaces=interfaces)
    edition.greeter(host_version="1", data_dir="/")(hello, dict(described))


def picture(*editions, state=READY, order=None):
    nodes = [
        DependencyNode(
            id=each.manifest.id,
            version="1.0.0",
            provides=dict(each.provides),
            requires=each.manifest.requires,
        )
        for each in editions
    ]
    return show_interfaces([(each, state) for each in editions], order or resolve(nodes))


def test_a_file_says_all_of_an_interface(edition):
    """Description, methods, errors, document and source are those of the file."""
    store = edition("store", 'Store = "1.2"', file=document())
    (shown,) = picture(store)
    assert (shown.name, shown.version, shown.description) == ("Store", "1.2", "Keeps things.")
    assert [each.name for each in shown.methods] == ["Store.Get", "Store.Put"]
    assert shown.methods == store.methods
    error = shown.errors["Missing"]
    assert (error.name, error.code, error.description) == ("Missing", "NOT_FOUND", "It is not there.")
    assert (error.retryable, error.data) == (True, None)
    assert shown.document == document()
    assert shown.source == str(store.manifest.folder / "interfaces" / "Store.v1.json")
    assert (shown.providers, shown.requirers) == ((InterfaceProvider(plugin="store", state=READY),), ())


def test_providers_of_one_version_share_a_row(edition):
    """They are sorted by id, with their states; a plugin that does not run is one of them."""
    rows = show_interfaces(
        [
            (edition("zeta", 'Store = "1.2"', file=document()), STOPPED),
            (edition("alpha", 'Store = "1.2"', file=document()), READY),
        ],
        StartOrder(),
    )
    (shown,) = rows
    assert shown.providers == (
        InterfaceProvider(plugin="alpha", state=READY),
        InterfaceProvider(plugin="zeta", state=STOPPED),
    )


def test_versions_are_rows_of_their_own(edition):
    """Names go up, versions down, by their numbers; an older version is shown without what came later."""
    rows = picture(
        edition("old", 'Store = "1.1"', file=document()),
        edition("newest", 'Store = "1.10"', file=document(version="1.10")),
        edition("new", 'Store = "1.2"', file=document()),
        edition("other", 'Cache = "1.0"', file=document("Cache", "1.0", Get=method())),
    )
    assert [(each.name, each.version) for each in rows] == [
        ("Cache", "1.0"),
        ("Store", "1.10"),
        ("Store", "1.2"),
        ("Store", "1.1"),
    ]
    old = rows[3]
    assert [each.name for each in old.methods] == ["Store.Get"]
    assert old.document == document(version="1.1", Get=method(errors=["Missing"]))
    parse_interface(old.document, source="as of 1.1")  # it is a whole interface file again


def test_scenarios_that_need_later_methods_are_left_out(edition):
    """A document as of an older version has no step that calls what is not in it."""
    step = {"call": "Get", "matches": OBJECT}
    scenarios = [
        {"description": "one", "steps": [step]},
        {"description": "two", "steps": [step, {"call": "Put", "matches": OBJECT}]},
    ]
    (shown,) = picture(edition("old", 'Store = "1.1"', file={**document(), "scenarios": scenarios}))
    assert shown.document["scenarios"] == scenarios[:1]
    parse_interface(shown.document, source="as of 1.1")


def test_a_provider_that_describes_it_otherwise_is_marked(edition):
    """The row shows what the first one says; who has another file under the same version is told apart."""
    (shown,) = picture(
        edition("alpha", 'Store = "1.2"', file=document()),
        edition("beta", 'Store = "1.2"', file=document(Get=method())),
        edition("gamma", 'Store = "1.2"'),
    )
    assert [(each.plugin, each.differs) for each in shown.providers] == [
        ("alpha", False),
        ("beta", True),
        ("gamma", False),
    ]
    assert shown.document == document()


def test_a_row_shows_the_best_description(edition):
    """A file wins over what a plugin says itself, and that over a bare name, whatever the ids are."""
    named = edition("a", 'Store = "1.2"')
    described = edition("b", 'Store = "1.2"')
    own = parse_interface(document(Get=method()), source="descriptors")
    greet(described, {"Store": "1.2"}, {"Store": own})
    (shown,) = picture(named, described)
    assert (shown.source, [each.name for each in shown.methods]) == (DESCRIBED, ["Store.Get"])
    filed = edition("c", 'Store = "1.2"', file=document())
    (shown,) = picture(named, described, filed)
    assert shown.source.endswith("c/interfaces/Store.v1.json")
    assert [each.differs for each in shown.providers] == [False, True, False]


def test_what_only_a_hello_names_has_nothing_more(edition):
    """It is known from the hello on, without methods, document and source."""
    bare = edition("bare")
    assert picture(bare) == ()
    greet(bare, {"kv.v1.KV": "1.0"})
    (shown,) = picture(bare)
    assert (shown.name, shown.version, shown.methods, shown.errors) == ("kv.v1.KV", "1.0", (), {})
    assert (shown.document, shown.source) == (None, "")


def test_further_names_are_no_rows(edition):
    """An interface that a plugin describes under two names is one row, and found by both."""
    plugin = edition("grpc")
    own = parse_interface(document("KV", "1.0", Get=method()), source="descriptors")
    greet(plugin, {"KV": "1.0"}, {"KV": own, "kv.v1.KV": own})
    rows = picture(plugin)
    (shown,) = rows
    assert (shown.name, shown.aliases, shown.source) == ("KV", ("kv.v1.KV",), DESCRIBED)
    assert [each.name for each in shown.methods] == ["KV.Get"]
    assert find_interface(rows, "kv.v1.KV", "1.0") == shown
    assert find_interface(rows, "KV", "1.0") == shown


def test_a_file_has_no_further_names(edition):
    """What the plugin describes under another name beside a file is not what the file says."""
    plugin = edition("grpc", 'Store = "1.2"', file=document())
    own = parse_interface(document(Raw=method()), source="descriptors")
    greet(plugin, {"Store": "1.2"}, {"Store": own, "kv.v1.Store": own})
    (shown,) = picture(plugin)
    assert (shown.aliases, shown.document) == ((), document())


def test_a_version_that_is_none_comes_last(edition):
    """A hello may say 01.0: it is shown as it is, and nobody's range has it."""
    odd = edition("odd")
    greet(odd, {"Store": "01.0"})
    web = edition("web", requires='Store = "*"')
    rows = picture(odd, edition("old", 'Store = "0.1"'), web, order=StartOrder())
    assert [(each.version, len(each.requirers)) for each in rows] == [("0.1", 1), ("01.0", 0)]


def test_requirers_stand_where_their_range_fits(edition):
    """Each says who was picked for it, also when that one has another version, or nobody was."""
    editions = (
        edition("old", 'Store = "1.1"', file=document(version="1.1", Get=method())),
        edition("new", 'Store = "1.2"', file=document()),
        edition("strict", requires='Store = "~1.1"'),
        edition("web", requires='Store = "^1.0"'),
        edition("later", requires='Store = { range = "^2.0", optional = true }'),
        edition("any", requires='Store = { range = "*", optional = true }'),
    )
    new, old = picture(*editions)
    served = {"provider": "new", "version": "1.2"}
    assert new.requirers == (
        InterfaceRequirer(plugin="any", range="*", optional=True, **served),
        InterfaceRequirer(plugin="web", range="^1.0", **served),
    )
    assert old.requirers == (
        InterfaceRequirer(plugin="any", range="*", optional=True, **served),
        InterfaceRequirer(plugin="strict", range="~1.1", provider="old", version="1.1"),
        InterfaceRequirer(plugin="web", range="^1.0", **served),
    )
    # Without anybody who decides on the order, what is required is known all the same.
    new, _ = picture(*editions, order=StartOrder())
    assert new.requirers[1] == InterfaceRequirer(plugin="web", range="^1.0")


def test_what_is_not_there_is_told(edition):
    """The error names the versions there are, a similar name, or all names."""
    rows = picture(edition("store", 'Store = "1.2"', file=document()), edition("old", 'Store = "1.0"'))
    assert find_interface(rows, "Store", "1.0").version == "1.0"
    for name, version, message, hint in (
        ("Store", "1.3", "no plugin has version 1.3 of the interface Store", "there is 1.2, 1.0"),
        ("Stoer", "1.2", "no plugin has an interface Stoer", "did you mean Store?"),
        ("X", "1.2", "no plugin has an interface X", "known interfaces: Store"),
    ):
        with pytest.raises(InterfaceNotFoundError) as caught:
            find_interface(rows, name, version)
        assert (caught.value.message, caught.value.hint) == (message, hint)
    with pytest.raises(InterfaceNotFoundError) as caught:
        find_interface((), "X", "1.0")
    assert caught.value.hint == "known interfaces: none"


async def test_a_host_shows_its_interfaces(tmp_path):
    """Plugins that rest are providers, and what is required is resolved; an unloaded plugin is gone from the picture."""
    plugins = (
        write_plugin(tmp_path / "store", 'Store = "1.2"', file=document()),
        write_plugin(tmp_path / "web", requires='Store = "^1.0"'),
    )
    async with open_host(HostConfig(plugins=plugins, data=tmp_path / "data")) as host:
        (shown,) = host.interfaces()
        assert shown == host.interface_of("Store", "1.2")
        assert shown.providers == (InterfaceProvider(plugin="store", state=STOPPED),)
        assert shown.requirers == (
            InterfaceRequirer(plugin="web", range="^1.0", provider="store", version="1.2"),
        )
        await host.unload("web")
        assert host.interfaces() == (replace(shown, requirers=()),)
        await host.unload("store")
        assert host.interfaces() == ()
        with pytest.raises(InterfaceNotFoundError):
            host.interface_of("Store", "1.2")
