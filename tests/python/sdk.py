"""The vendor's SDK in its two flavours, with the same services under the same names."""

import traceback
from operator import attrgetter
from urllib.parse import quote

from com.vmware.cis_client import Session
from com.vmware.content_client import Library, LocalLibrary, Type
from com.vmware.content.library_client import Item
from com.vmware.content.library.item_client import Changes, File as ItemFile, Storage, UpdateSession
from com.vmware.content.library.item.updatesession_client import File
from com.vmware.vapi.std.errors_client import Error
from vmware.vapi.lib.connect import get_requests_connector
from vmware.vapi.security.session import create_session_security_context
from vmware.vapi.security.user_password import create_user_password_security_context
from vmware.vapi.stdlib.client.factories import StubConfigurationFactory
from vmware.vapi.vsphere.client import VsphereClient, create_vsphere_client

from bridge import Bridge, mend

USER = "administrator@vsphere.local"
PASSWORD = "secret"

# Our name for a service, where create_vsphere_client has it, and its class.
SERVICES = {
    "login": ("session_svc", Session),
    "libraries": ("content.LocalLibrary", LocalLibrary),
    "all_libraries": ("content.Library", Library),
    "types": ("content.Type", Type),
    "items": ("content.library.Item", Item),
    "item_files": ("content.library.item.File", ItemFile),
    "storage": ("content.library.item.Storage", Storage),
    "changes": ("content.library.item.Changes", Changes),
    "sessions": ("content.library.item.UpdateSession", UpdateSession),
    "files": ("content.library.item.updatesession.File", File),
}


def finish_client(refused):
    """Gives the client that a refused log-in left half made the attributes that its __del__ looks for.

    Without them, its __getattr__ calls itself until the interpreter gives up, and aborts.
    """
    for frame, _ in traceback.walk_tb(refused.__traceback__):
        client = frame.f_locals.get("self")
        if isinstance(client, VsphereClient):
            vars(client).setdefault("_stub_factory", None)


class JsonRpc:
    """The SDK as it comes."""

    def __init__(self, server, user=USER, password=PASSWORD):
        self.http = server.http()
        try:
            self._client = create_vsphere_client(server.address, user, password, session=server.http())
        except Error as refused:
            finish_client(refused)
            raise
        for name, (path, _) in SERVICES.items():
            setattr(self, name, attrgetter(path)(self._client))

    def file_name(self, name):
        """A file's name as a parameter."""
        return name

    def status(self, error):
        """The HTTP status of a refusal. Over JSON-RPC there is none."""
        assert error.get_status_code() == 0
        return None

    def close(self):
        # The client logs out when it is closed.
        self._client.__exit__(None, None, None)


class Rest:
    """The SDK's REST stubs, mended."""

    def __init__(self, server, user=USER, password=PASSWORD):
        self.http = server.http()
        self._session = server.http()
        self._session.mount(server.origin, Bridge())
        self._base = f"{server.origin}/api"
        log_in = self._stub(Session, create_user_password_security_context(user, password))
        context = create_session_security_context(log_in.create())
        for name, (_, service) in SERVICES.items():
            setattr(self, name, self._stub(service, context))

    def _stub(self, service, context):
        connector = get_requests_connector(self._session, msg_protocol="rest", url=self._base)
        connector.set_security_context(context)
        return mend(service(StubConfigurationFactory.new_std_configuration(connector)))

    def file_name(self, name):
        """A file's name as a parameter: the stubs put it into the path as it is."""
        return quote(name, safe="")

    def status(self, error):
        """The HTTP status of a refusal."""
        return error.get_status_code()

    def close(self):
        self._session.close()


FLAVOURS = {"json-rpc": JsonRpc, "rest": Rest}
