"""The server and the SDK, for every test."""

import uuid

import pytest
from com.vmware.content_client import LibraryModel
from com.vmware.content.library_client import ItemModel, StorageBacking
from com.vmware.content.library.item_client import UpdateSessionModel
from com.vmware.content.library.item.updatesession_client import File

from sdk import FLAVOURS
from server import Server


@pytest.fixture(scope="session")
def server():
    server = Server()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def start():
    """Starts a server of one's own."""
    servers = []

    def start(*options):
        servers.append(Server(*options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(params=FLAVOURS)
def api(request, server):
    """A user who has logged in, once in each flavour."""
    api = FLAVOURS[request.param](server)
    yield api
    api.close()


@pytest.fixture
def library(api):
    return create_library(api)


@pytest.fixture
def item(api, library):
    return create_item(api, library)


@pytest.fixture
def session(api, item):
    return create_session(api, item)


def create_library(api):
    backing = StorageBacking(type=StorageBacking.Type.DATASTORE, datastore_id="datastore-11")
    return api.libraries.create(LibraryModel(name="lab", storage_backings=[backing]))


def create_item(api, library, name="appliance", kind="iso", **more):
    return api.items.create(ItemModel(library_id=library, name=name, type=kind), **more)


def create_session(api, item, **more):
    return api.sessions.create(UpdateSessionModel(library_item_id=item), **more)


def add(api, session, name, **more):
    spec = File.AddSpec(name=name, source_type=File.SourceType.PUSH, **more)
    return api.files.add(session, spec)


def put(api, info, data):
    """Sends the bytes of a file, as any HTTP client would."""
    api.http.put(info.upload_endpoint.uri, data=data).raise_for_status()


def push(api, session, name, data, **more):
    put(api, add(api, session, name, **more), data)


def token():
    return str(uuid.uuid4())
