"""Files that the server fetches, as the vendor's own client asks for them."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from com.vmware.content_client import LibraryModel
from com.vmware.content.library_client import StorageBacking
from com.vmware.content.library.item_client import File as ItemFile, TransferEndpoint, UpdateSessionModel
from com.vmware.content.library.item.updatesession_client import File

from conftest import create_item, create_session
from sdk import FLAVOURS
from server import Server

State = UpdateSessionModel.State
DATA = b"x" * 3_000_000


class Source(BaseHTTPRequestHandler):
    """Has one file."""

    def do_GET(self):
        if self.path != "/disk.iso":
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(DATA)))
        self.end_headers()
        self.wfile.write(DATA)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def source():
    """The address of a server that has the file."""
    source = ThreadingHTTPServer(("127.0.0.1", 0), Source)
    threading.Thread(target=source.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{source.server_port}"
    source.shutdown()
    source.server_close()


@pytest.fixture(scope="module")
def fetching(source):
    server = Server("--allow-pull", source)
    yield server
    server.stop()


@pytest.fixture(params=FLAVOURS)
def api(request, fetching):
    api = FLAVOURS[request.param](fetching)
    yield api
    api.close()


@pytest.fixture
def library(api):
    backing = StorageBacking(type=StorageBacking.Type.DATASTORE, datastore_id="datastore-11")
    library = api.libraries.create(LibraryModel(name="lab", storage_backings=[backing]))
    yield library
    api.libraries.delete(library)


def pull(api, session, name, uri, **more):
    spec = File.AddSpec(
        name=name, source_type=File.SourceType.PULL, source_endpoint=TransferEndpoint(uri=uri), **more
    )
    return api.files.add(session, spec)


def end_of(api, session):
    """The session, once it has ended."""
    for _ in range(1000):
        read = api.sessions.get(session)
        if read.state != State.ACTIVE:
            return read
        time.sleep(0.02)
    raise AssertionError(f"it does not end: {read}")


def test_a_file_is_fetched(api, library, source):
    item = create_item(api, library)
    session = create_session(api, item)
    checksum = ItemFile.ChecksumInfo(
        algorithm=ItemFile.ChecksumAlgorithm.SHA256, checksum=hashlib.sha256(DATA).hexdigest()
    )
    uri = f"http://{source}/disk.iso"
    info = pull(api, session, "disk.iso", uri, size=len(DATA), checksum_info=checksum)
    assert (info.source_type, info.source_endpoint.uri) == (File.SourceType.PULL, uri)
    assert info.upload_endpoint is None
    # It waits for what is still on its way.
    api.sessions.complete(session)
    assert end_of(api, session).state == State.DONE
    [stored] = api.item_files.list(item)
    assert (stored.name, stored.size, stored.checksum_info) == ("disk.iso", len(DATA), checksum)


@pytest.mark.parametrize("place, told", [("{}/nothing.iso", "404"), ("localhost/disk.iso", "--allow-pull")])
def test_what_cannot_be_fetched_is_told(api, library, source, place, told):
    session = create_session(api, create_item(api, library))
    uri = "http://" + place.format(source)
    pull(api, session, "disk.iso", uri)
    read = end_of(api, session)
    assert read.state == State.ERROR
    message = read.error_message.default_message
    assert uri in message and told in message
