# Licensed under the Apache License, Version 2.0; see LICENSE.
"""urllib_client.py URL CA [CERTIFICATE KEY]: one request with ssl and urllib."""
import ssl
import sys
import urllib.error
import urllib.request

url, ca, *certificate = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
if certificate:
    context.load_cert_chain(*certificate)
try:
    with urllib.request.urlopen(url, context=context) as response:
        print(response.status, response.read().decode(), end='')
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode(), end='')
except urllib.error.URLError as error:
    sys.exit(str(error.reason))
