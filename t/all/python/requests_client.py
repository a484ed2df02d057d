# Licensed under the Apache License, Version 2.0; see LICENSE.
"""requests_client.py URL CA [CERTIFICATE KEY]: one request with requests."""
import sys

import requests

url, ca, *certificate = sys.argv[1:]
try:
    response = requests.get(url, verify=ca, cert=tuple(certificate) or None, timeout=60)
    print(response.status_code, response.text, end='')
except requests.exceptions.SSLError as error:
    sys.exit(str(error))
