<?php
/* Licensed under the Apache License, Version 2.0; see LICENSE. */
header('Content-Type: text/plain');
function of($name) { return isset($_SERVER[$name]) ? $_SERVER[$name] : 'none'; }
echo 'client ', of('REMOTE_USER'), '; ', of('MTLS_SUBJECT_CN'), '; ', of('MTLS_SHA256'), '; ', of('MTLS_VERIFY'), '; ',
    of('HTTP_CLIENT_CERT'), "\n";
