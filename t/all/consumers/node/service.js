/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* node service.js PORT: says who the client is, by RFC 9440 as the package structured-headers reads it. */
import crypto from 'node:crypto';
import express from 'express';
import { parseList } from 'structured-headers';

/* The certificates of a header; an empty list where there is none. */
function certificates(request, name) {
    const value = request.get(name);
    const items = value === undefined ? [] : parseList(value);
    return items.map(([octets]) => new crypto.X509Certificate(Buffer.from(octets)));
}

function identify(request, response, next) {
    const [leaf] = certificates(request, 'Client-Cert');
    request.client_certificate = leaf;
    request.client_chain = certificates(request, 'Client-Cert-Chain');
    next();
}

const hex = (certificate) => certificate.fingerprint256.replaceAll(':', '').toLowerCase();
const application = express();
application.use(identify);
application.get('/{*path}', (request, response) => {
    const certificate = request.client_certificate;
    const name = certificate ? `${hex(certificate)} of 1+${request.client_chain.length}` : 'none';
    response.type('text/plain').send(`client ${name}\n`);
});
application.listen(Number(process.argv[2]), '127.0.0.1');
