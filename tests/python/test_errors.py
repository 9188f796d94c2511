"""Every refusal arrives as the exception that the SDK has for it."""

import json

import pytest
from com.vmware.content_client import LibraryModel
from com.vmware.content.library_client import ItemModel, StorageBacking
from com.vmware.content.library.item_client import UpdateSessionModel
from com.vmware.content.library.item.updatesession_client import File
from com.vmware.vapi.std.errors_client import (
    AlreadyExists,
    ConcurrentChange,
    Error,
    InvalidArgument,
    InvalidElementType,
    NotAllowedInCurrentState,
    NotFound,
    OperationNotFound,
    ResourceBusy,
    Unauthenticated,
    Unauthorized,
    UnexpectedInput,
    Unsupported,
)
from vmware.vapi.data.value import StringValue

from conftest import create_item, create_library, create_session, token
from sdk import FLAVOURS


def busy(api, item, session):
    create_session(api, item)


def no_item(api, item, session):
    create_session(api, "nowhere")


def no_session(api, item, session):
    api.sessions.complete("nowhere")


def no_file(api, item, session):
    api.files.get(session, "nothing.iso")


def no_token(api, item, session):
    create_session(api, item, client_token="once")


def no_name(api, item, session):
    api.files.add(session, File.AddSpec(name="", source_type=File.SourceType.PUSH))


def still_active(api, item, session):
    api.sessions.delete(session)


def ended(api, item, session):
    api.sessions.cancel(session)
    api.sessions.complete(session)


def same_name(api, item, session):
    model = api.items.get(item)
    create_item(api, model.library_id, name=model.name)


def two_backings(api, item, session):
    backing = StorageBacking(type=StorageBacking.Type.DATASTORE, datastore_id="datastore-11")
    api.libraries.create(LibraryModel(name="wide", storage_backings=[backing, backing]))


def stale_library(api, item, session):
    library = api.items.get(item).library_id
    api.libraries.update(library, LibraryModel(description="one", version="1"))
    api.libraries.update(library, LibraryModel(description="two", version="1"))


def stale_item(api, item, session):
    api.items.update(item, ItemModel(description="one", version="1"))
    api.items.update(item, ItemModel(description="two", version="1"))


def unknown_field(api, item, session):
    spec = UpdateSessionModel(library_item_id=item)
    spec._set_extra_fields({"colour": StringValue("blue")})
    api.sessions.create(spec, client_token=token())


REFUSALS = [
    (busy, ResourceBusy, 500),
    (no_item, NotFound, 404),
    (no_session, NotFound, 404),
    (no_file, InvalidArgument, 400),
    (no_token, InvalidArgument, 400),
    (no_name, InvalidArgument, 400),
    (still_active, NotAllowedInCurrentState, 400),
    (ended, NotAllowedInCurrentState, 400),
    (same_name, AlreadyExists, 400),
    (two_backings, Unsupported, 400),
    (stale_library, ConcurrentChange, 409),
    (stale_item, InvalidArgument, 400),
    (unknown_field, UnexpectedInput, 400),
]


@pytest.mark.parametrize("refused, kind, status", REFUSALS, ids=[row[0].__name__ for row in REFUSALS])
def test_a_refusal_is_its_exception(api, item, session, refused, kind, status):
    refuses(api, kind, status, lambda: refused(api, item, session))


def refuses(api, kind, status, call):
    """What a call is refused with, which has to be of this kind."""
    with pytest.raises(Error) as caught:
        call()
    error = caught.value
    assert type(error) is kind
    assert api.status(error) in (None, status)
    assert error.error_type == kind.get_binding_type().name.rpartition(".")[2].upper()
    message = error.messages[0]
    assert message.id and message.default_message
    assert all(argument in message.default_message for argument in message.args)
    return error


def test_who_is_not_logged_in_is_told_how_to(api):
    api.login.delete()
    for call in [api.login.get, api.sessions.list, lambda: api.sessions.complete("nowhere")]:
        with pytest.raises(Unauthenticated) as refused:
            call()
        assert refused.value.challenge.startswith("Basic ")
        assert refused.value.data is None
        assert api.status(refused.value) in (None, 401)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_wrong_password_is_unauthenticated(flavour, start):
    server = start("--user", "lab", "--password", "right")
    with pytest.raises(Unauthenticated):
        FLAVOURS[flavour](server, "lab", "wrong")
    api = FLAVOURS[flavour](server, "lab", "right")
    assert api.login.get().user == "lab"
    api.close()


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_who_lacks_a_privilege_is_unauthorized(flavour, start, tmp_path):
    users = tmp_path / "users.json"
    reader = {"user": "reader", "password": "right", "privileges": ["System.Read"]}
    users.write_text(json.dumps([{"user": "lab", "password": "right"}, reader]))
    server = start("--users", str(users))
    lab = FLAVOURS[flavour](server, "lab", "right")
    library = create_library(lab)
    item = create_item(lab, library)
    session = create_session(lab, item)
    api = FLAVOURS[flavour](server, "reader", "right")
    for call in [
        lambda: create_session(api, item),
        lambda: api.sessions.list(library_item_id=item),
        lambda: create_library(api),
        lambda: api.libraries.update(library, LibraryModel(name="other")),
        lambda: api.all_libraries.update(library, LibraryModel(name="other")),
        lambda: api.libraries.delete(library),
        lambda: create_item(api, library, name="other"),
        lambda: api.items.update(item, ItemModel(name="other")),
        lambda: api.items.copy(item, ItemModel(library_id=library, name="other")),
        lambda: api.items.delete(item),
        lambda: api.storage.list(item),
    ]:
        error = refuses(api, Unauthorized, 403, call)
        # As documented, there is not a word on what is missing.
        assert (error.data, len(error.messages), error.messages[0].args) == (None, 1, [])
    assert (api.libraries.list(), api.items.list(library)) == ([library], [item])
    # Whoever knows a session may use it.
    api.sessions.cancel(session)
    for user in [lab, api]:
        user.close()


@pytest.fixture(scope="module", params=FLAVOURS)
def elsewhere(request, start):
    """A user, and an item whose content comes from elsewhere."""
    server = start("--admin")
    api = FLAVOURS[request.param](server)
    item = create_item(api, create_library(api))
    state = server.http().get(f"{server.origin}/accession/state").json()
    for library in state["libraries"]:
        library["model"]["type"] = "SUBSCRIBED"
    server.http().put(f"{server.origin}/accession/state", json=state).raise_for_status()
    # Nobody stayed logged in.
    api = FLAVOURS[request.param](server)
    yield api, item
    api.close()


def new_session(api, item, library):
    create_session(api, item)


def new_item(api, item, library):
    create_item(api, library, name="other")


def new_copy(api, item, library):
    api.items.copy(item, ItemModel(library_id=library, name="other"))


def changed_item(api, item, library):
    api.items.update(item, ItemModel(name="other"))


def deleted_item(api, item, library):
    api.items.delete(item)


def read_as_local(api, item, library):
    api.libraries.get(library)


def changed_as_local(api, item, library):
    api.libraries.update(library, LibraryModel(name="other"))


def deleted_as_local(api, item, library):
    api.libraries.delete(library)


OF_ELSEWHERE = [
    new_session,
    new_item,
    new_copy,
    changed_item,
    deleted_item,
    read_as_local,
    changed_as_local,
    deleted_as_local,
]


@pytest.mark.parametrize("refused", OF_ELSEWHERE, ids=[call.__name__ for call in OF_ELSEWHERE])
def test_content_of_elsewhere_is_of_the_wrong_type(elsewhere, refused):
    api, item = elsewhere
    library = api.items.get(item).library_id
    refuses(api, InvalidElementType, 400, lambda: refused(api, item, library))
    assert api.all_libraries.get(library).type == LibraryModel.LibraryType.SUBSCRIBED


def test_what_is_not_served_is_not_found(api):
    # A service travels by name over JSON-RPC, and is a mere path elsewhere.
    with pytest.raises((OperationNotFound, NotFound)) as refused:
        api.types.list()
    assert api.status(refused.value) in (None, 404)


@pytest.fixture(scope="module", params=FLAVOURS)
def disturbed(request, start):
    """A user of a server that does what it is told to do wrong."""
    server = start("--admin")
    api = FLAVOURS[request.param](server)

    def arm(error_type):
        fault = {"on": "cis.session.get", "effect": {"kind": "error", "error_type": error_type}, "count": 1}
        server.http().post(f"{server.origin}/accession/faults", json=fault).raise_for_status()

    yield api, arm
    api.close()


@pytest.mark.parametrize("kind", [Error, *Error.__subclasses__()], ids=lambda kind: kind.__name__)
def test_every_error_of_the_standard_arrives_as_its_exception(disturbed, kind):
    api, arm = disturbed
    error_type = kind.get_binding_type().name.rpartition(".")[2].upper()
    arm(error_type)
    with pytest.raises(Error) as refused:
        api.login.get()
    assert type(refused.value) is kind
    assert refused.value.error_type == error_type
    assert refused.value.messages[0].default_message
    # The fault was armed for once.
    assert api.login.get().user
