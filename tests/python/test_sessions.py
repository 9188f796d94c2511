"""Whole sessions, driven by the vendor's own client."""

import hashlib
from datetime import datetime, timedelta, timezone

import pytest
from com.vmware.content_client import Library, LibraryModel
from com.vmware.content.library_client import Item, ItemModel
from com.vmware.content.library.item_client import File as ItemFile, UpdateSessionModel
from com.vmware.content.library.item.updatesession_client import PreviewInfo, WarningBehavior, WarningType
from com.vmware.vapi.std.errors_client import (
    InvalidArgument,
    NotAllowedInCurrentState,
    NotFound,
    ResourceBusy,
    Unauthenticated,
)

from conftest import add, create_item, create_session, push, put, token
from sdk import USER

State = UpdateSessionModel.State


def test_a_whole_upload(api, library):
    assert api.login.get().user == USER
    item = create_item(api, library, client_token=token())
    session = create_session(api, item, client_token=token())
    assert api.sessions.list(library_item_id=item) == [session]
    assert session in api.sessions.list()

    data = b"x" * 3_000_000
    checksum = ItemFile.ChecksumInfo(
        algorithm=ItemFile.ChecksumAlgorithm.SHA256, checksum=hashlib.sha256(data).hexdigest()
    )
    info = add(api, session, "disk.iso", size=len(data), checksum_info=checksum)
    assert (info.status, info.size, info.bytes_transferred) == ("WAITING_FOR_TRANSFER", None, 0)
    assert info.checksum_info == checksum
    with pytest.raises(NotAllowedInCurrentState):
        api.sessions.complete(session)

    put(api, info, data)
    api.sessions.keep_alive(session)
    api.sessions.keep_alive(session, 100)
    read = api.sessions.get(session)
    assert (read.state, read.library_item_id, read.client_progress) == (State.ACTIVE, item, 100)
    assert read.preview_info == PreviewInfo(state=PreviewInfo.State.UNAVAILABLE)
    # The SDK leaves the zone out.
    left = read.expiration_time.replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)
    assert timedelta(minutes=4) < left < timedelta(minutes=6)
    info = api.files.get(session, "disk.iso")
    assert (info.status, info.size, info.bytes_transferred) == ("READY", len(data), len(data))
    assert [info] == api.files.list(session)
    result = api.files.validate(session)
    assert (result.has_errors, result.missing_files, result.invalid_files) == (False, set(), [])
    assert api.item_files.list(item) == []

    api.sessions.complete(session)
    read = api.sessions.get(session)
    assert (read.state, read.preview_info, read.error_message) == (State.DONE, None, None)
    [stored] = api.item_files.list(item)
    assert (stored.name, stored.size, stored.cached) == ("disk.iso", len(data), True)
    assert stored == api.item_files.get(item, "disk.iso")
    model = api.items.get(item)
    assert (model.size, model.content_version) == (len(data), "2")
    [storage] = api.storage.list(item)
    assert storage.storage_uris[0].startswith("ds:///")
    [change] = api.changes.list(item)
    assert (change.version, change.user) == ("2", USER)
    assert api.changes.get(item, change.version).time == change.time

    api.sessions.delete(session)
    with pytest.raises(NotFound):
        api.sessions.get(session)
    api.login.delete()
    with pytest.raises(Unauthenticated):
        api.login.get()


def test_a_repeated_create_is_recognised(api, library):
    first, second = token(), token()
    item = create_item(api, library, client_token=first)
    assert create_item(api, library, client_token=first) == item
    session = create_session(api, item, client_token=first)
    assert create_session(api, item, client_token=first) == session
    with pytest.raises(ResourceBusy):
        create_session(api, item, client_token=second)
    with pytest.raises(InvalidArgument):
        create_session(api, item, client_token="once")
    assert api.sessions.list(library_item_id=item) == [session]


NAMES = ["a b.iso", " a", "größe.iso", "光盤.iso", "50%.iso", "100%25", "a+b&c=d.iso", "which?.iso", "#1.iso"]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_keeps_its_name(api, item, session, name):
    info = add(api, session, name)
    assert info.name == name
    assert info.upload_endpoint.uri.isascii() and " " not in info.upload_endpoint.uri
    put(api, info, name.encode())
    assert api.files.get(session, api.file_name(name)).status == "READY"
    push(api, session, "unwanted", b"x")
    api.files.remove(session, api.file_name("unwanted"))
    with pytest.raises(InvalidArgument):
        api.files.get(session, "unwanted")
    api.sessions.complete(session)
    assert [file.name for file in api.item_files.list(item)] == [name]
    assert api.item_files.get(item, name).size == len(name.encode())

    session = create_session(api, item)
    api.files.remove(session, api.file_name(name))
    api.sessions.complete(session)
    assert api.item_files.list(item) == []


def test_a_session_can_end_in_three_ways(api, item):
    session = create_session(api, item)
    push(api, session, "a.iso", b"x")
    with pytest.raises(NotAllowedInCurrentState):
        api.sessions.delete(session)
    api.sessions.cancel(session)
    assert api.sessions.get(session).state == State.CANCELED
    api.sessions.delete(session)

    session = create_session(api, item)
    api.sessions.fail(session, "größer als die Platte")
    read = api.sessions.get(session)
    assert read.state == State.ERROR
    assert read.error_message.default_message == "größer als die Platte"
    assert read.error_message.args == ["größer als die Platte"]

    session = create_session(api, item)
    api.sessions.complete(session)
    assert api.sessions.get(session).state == State.DONE
    assert api.item_files.list(item) == []


def test_what_arrives_is_held_against_what_was_declared(api, session):
    put(api, add(api, session, "short.iso", size=7), b"123")
    checksum = ItemFile.ChecksumInfo(checksum="00" * 20)
    put(api, add(api, session, "other.iso", checksum_info=checksum), b"123")
    for info in api.files.list(session):
        assert info.status == "ERROR"
        assert info.name in info.error_message.default_message
    with pytest.raises(NotAllowedInCurrentState) as refused:
        api.files.validate(session)
    [message] = refused.value.messages
    assert message.id == "com.vmware.vdcs.cls-main.update_session_file_not_received"
    push(api, session, "short.iso", b"1234567", size=7)
    assert api.files.get(session, "short.iso").status == "READY"


def test_warnings_can_be_ignored_beforehand(api, session):
    behavior = WarningBehavior(type=WarningType.SELF_SIGNED_CERTIFICATE, ignored=True)
    api.sessions.update(session, UpdateSessionModel(warning_behavior=[behavior]))
    assert api.sessions.get(session).warning_behavior == [behavior]


DESCRIPTOR = b"""<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
  <References>
    <File ovf:href="disk.vmdk" ovf:id="file1" ovf:size="65536"/>
  </References>
  <DiskSection>
    <Info>Disks</Info>
    <Disk ovf:capacity="65536" ovf:diskId="disk1" ovf:fileRef="file1"
      ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <VirtualSystem ovf:id="machine">
    <Info>A virtual machine</Info>
    <Name>machine</Name>
  </VirtualSystem>
</Envelope>
"""


def test_a_descriptor_tells_what_is_missing(api, library):
    item = create_item(api, library, kind="ovf")
    session = create_session(api, item)
    push(api, session, "machine.ovf", DESCRIPTOR)
    preview = api.sessions.get(session).preview_info
    assert (preview.state, preview.warnings) == (PreviewInfo.State.AVAILABLE, [])
    result = api.files.validate(session)
    assert (result.has_errors, result.missing_files) == (True, {"disk.vmdk"})
    with pytest.raises(NotAllowedInCurrentState) as refused:
        api.sessions.complete(session)
    [message] = refused.value.messages
    assert message.id == "com.vmware.vdcs.cls-main.session_has_missing_or_invalid_files"
    with pytest.raises(NotAllowedInCurrentState):
        add(api, session, "machine.mf")
    assert api.sessions.get(session).state == State.ACTIVE


def test_libraries_and_items_around_it(api, library):
    assert library in api.libraries.list()
    assert library in api.all_libraries.find(Library.FindSpec(name="LAB"))
    model = api.libraries.get(library)
    assert (model.name, model.type, model.version) == ("lab", LibraryModel.LibraryType.LOCAL, "1")
    assert model.storage_backings[0].datastore_id == "datastore-11"
    assert isinstance(model.creation_time, datetime)
    # What was read may be sent back as it is.
    model.description = "renamed"
    api.libraries.update(library, model)
    assert api.all_libraries.get(library).description == "renamed"

    item = create_item(api, library)
    session = create_session(api, item)
    push(api, session, "a.iso", b"abc")
    api.sessions.complete(session)
    assert api.items.list(library) == [item]
    assert api.items.find(Item.FindSpec(library_id=library, cached=True)) == [item]
    copy = api.items.copy(item, ItemModel(library_id=library, name="copy"), client_token=token())
    assert [file.name for file in api.item_files.list(copy)] == ["a.iso"]
    api.items.update(copy, ItemModel(name="second"))
    assert api.items.get(copy).name == "second"
    api.items.delete(item)
    assert api.items.list(library) == [copy]
    api.libraries.delete(library)
    assert library not in api.libraries.list()
