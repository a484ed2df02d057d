/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* MTLS_HEADER_NAME(name, why no identity header may be called so)
 * In every spelling that folds to the same one. A name that ends in '-' stands for all that begin with it. */
#define MTLS_MESSAGE "it belongs to the HTTP message itself"
#define MTLS_CONNECTION "it belongs to the connection, and proxies remove it"
#define MTLS_CREDENTIALS "it carries the client's own credentials to the backend"
#define MTLS_PROXY "mod_proxy sets it"
MTLS_HEADER_NAME("Host", MTLS_MESSAGE)
MTLS_HEADER_NAME("Content-", MTLS_MESSAGE)
MTLS_HEADER_NAME("Transfer-Encoding", MTLS_MESSAGE)
MTLS_HEADER_NAME("Trailer", MTLS_MESSAGE)
MTLS_HEADER_NAME("Expect", MTLS_MESSAGE)
MTLS_HEADER_NAME("Range", MTLS_MESSAGE)
MTLS_HEADER_NAME("If-", MTLS_MESSAGE)
MTLS_HEADER_NAME("Accept", MTLS_MESSAGE)
MTLS_HEADER_NAME("Accept-", MTLS_MESSAGE)
MTLS_HEADER_NAME("Cache-Control", MTLS_MESSAGE)
MTLS_HEADER_NAME("Pragma", MTLS_MESSAGE)
MTLS_HEADER_NAME("Date", MTLS_MESSAGE)
MTLS_HEADER_NAME("Origin", MTLS_MESSAGE)
MTLS_HEADER_NAME("Referer", MTLS_MESSAGE)
MTLS_HEADER_NAME("User-Agent", MTLS_MESSAGE)
MTLS_HEADER_NAME("Access-Control-", MTLS_MESSAGE)
MTLS_HEADER_NAME("Sec-", MTLS_MESSAGE)
MTLS_HEADER_NAME("Connection", MTLS_CONNECTION)
MTLS_HEADER_NAME("Proxy-Connection", MTLS_CONNECTION)
MTLS_HEADER_NAME("Keep-Alive", MTLS_CONNECTION)
MTLS_HEADER_NAME("TE", MTLS_CONNECTION)
MTLS_HEADER_NAME("Upgrade", MTLS_CONNECTION)
MTLS_HEADER_NAME("HTTP2-Settings", MTLS_CONNECTION)
MTLS_HEADER_NAME("Authorization", MTLS_CREDENTIALS)
MTLS_HEADER_NAME("Proxy-Authorization", MTLS_CREDENTIALS)
MTLS_HEADER_NAME("Proxy-Authenticate", MTLS_CREDENTIALS)
MTLS_HEADER_NAME("Cookie", MTLS_CREDENTIALS)
MTLS_HEADER_NAME("X-Forwarded-For", MTLS_PROXY)
MTLS_HEADER_NAME("X-Forwarded-Host", MTLS_PROXY)
MTLS_HEADER_NAME("X-Forwarded-Server", MTLS_PROXY)
MTLS_HEADER_NAME("Forwarded", MTLS_PROXY)
MTLS_HEADER_NAME("Via", MTLS_PROXY)
MTLS_HEADER_NAME("Max-Forwards", MTLS_PROXY)
#undef MTLS_HEADER_NAME
#undef MTLS_MESSAGE
#undef MTLS_CONNECTION
#undef MTLS_CREDENTIALS
#undef MTLS_PROXY
