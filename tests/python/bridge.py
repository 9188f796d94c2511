"""What makes the SDK's REST stubs speak the current form of the API.

Their URLs are those of `/api`, and yet they write and read the envelopes of `/rest`, leave the client
token at home, and take every refusal for the first one that an operation declares.
"""

import json

from requests.adapters import HTTPAdapter


class Bridge(HTTPAdapter):
    """An adapter that takes envelopes off requests and puts them on answers."""

    def send(self, request, **settings):
        if request.method == "GET" and request.body:
            parameters = json.loads(request.body)
            request.prepare_url(request.url.partition("?")[0], parameters)
            request.body = None
            request.headers.pop("Content-Length", None)
        response = super().send(request, **settings)
        if response.content:
            response._content = json.dumps(envelope(response)).encode()
        return response


def envelope(response):
    body = response.json()
    if response.ok:
        return {"value": body}
    name = body.get("error_type", "ERROR").lower()
    return {"type": f"com.vmware.vapi.std.errors.{name}", "value": body}


def mend(stub):
    """Lets a stub send its client token, and tell refusals apart by their names."""
    for operation in stub._api_interface._rest_metadata.values():
        operation.use_status_to_std_err_map = True
        headers = operation._header_parameters
        operation._header_parameters = {parameter: name for name, parameter in headers.items()}
    return stub
