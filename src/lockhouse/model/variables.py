"""Names of environment variables that several rooms go by; it imports nothing, so that quick answers can have it."""

from __future__ import annotations

#: How the names of variables begin, in capitals, in which addresses of indexes stand, with what is secret in them.
INDEX_PREFIXES = ("PIP_", "UV_", "LOCKHOUSE_")

#: Names of variables that say which certificates to trust; the first that is set counts. The last one names a folder,
#: which uv and pip do not take for a file; they read it themselves where they know it.
CERTIFICATE_FILES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
CERTIFICATES = (*CERTIFICATE_FILES, "SSL_CERT_DIR")
