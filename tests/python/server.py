"""The server program, and HTTP clients that reach it."""

import os
import re
import subprocess

import requests
from requests.adapters import HTTPAdapter


class Server:
    """Our server on a free port, until it is stopped."""

    def __init__(self, *options):
        program = os.environ.get("ACCESSION_SERVER")
        if not program:
            raise RuntimeError("ACCESSION_SERVER is not set; `cargo xtask test python` sets it")
        command = [program, "--listen", "127.0.0.1:0", "--seed", "7", "--quiet", *options]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
        line = self._process.stdout.readline()
        found = re.search(r"listening on (https?://([^\s/]+))", line)
        if not found:
            raise RuntimeError(f"{program} did not start: {self.stop()}")
        self.origin, self.address = found.groups()

    def http(self):
        """A client that trusts this server, whatever this machine's settings are."""
        http = requests.Session()
        http.trust_env = False
        # The SDK insists on https; the mount of an address is longer than its own, and survives it.
        http.mount(f"https://{self.address}", WithoutTls())
        return http

    def stop(self):
        """Stops it, and tells what it said."""
        self._process.terminate()
        return "".join(self._process.communicate())


class WithoutTls(HTTPAdapter):
    """Sends what is meant for https over http."""

    def send(self, request, **settings):
        request.url = re.sub("^https:", "http:", request.url)
        return super().send(request, **settings)
