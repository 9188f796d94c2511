"""The server program, and HTTP clients that reach it."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import requests


class Server:
    """Our server on a free port, until it is stopped."""

    def __init__(self, *options):
        program = os.environ.get("ACCESSION_SERVER")
        if not program:
            raise RuntimeError("ACCESSION_SERVER is not set; `cargo xtask test python` sets it")
        self._directory = tempfile.TemporaryDirectory()
        self._certificate = str(Path(self._directory.name, "certificate.pem"))
        command = [program, "--listen", "127.0.0.1:0", "--seed", "7", "--quiet", *options]
        command += ["--tls", "--write-certificate", self._certificate]
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
        http.verify = self._certificate
        return http

    def stop(self):
        """Stops it, and tells what it said."""
        self._process.terminate()
        said = "".join(self._process.communicate())
        self._directory.cleanup()
        return said
