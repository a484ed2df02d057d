/* Licensed under the Apache License, Version 2.0; see LICENSE. */
// service.js PORT: greets its client by the certificate that the gateway has put into ssl-client-cert.
const http = require('http');
const { X509Certificate } = require('crypto');

function nameOf(headers) {
    if (headers['ssl-client-verify'] !== 'SUCCESS') return 'nobody';
    const certificate = new X509Certificate(decodeURIComponent(headers['ssl-client-cert']));
    return `${certificate.subject} (serial number ${certificate.serialNumber})`;
}

const server = http.createServer((request, response) => {
    response.end(`hello, ${nameOf(request.headers)}\n`);
});
// The loopback address alone: only the gateway may say who a client is.
server.listen(process.argv[2], '127.0.0.1', () => console.log(`listening on 127.0.0.1:${server.address().port}`));
