/* Licensed under the Apache License, Version 2.0; see LICENSE. */
// client.js URL [ca|cert|key|pfx=FILE | passphrase=TEXT]...: one request with these options of https.request.
const fs = require('fs');
const https = require('https');

const options = {};
for (const word of process.argv.slice(3)) {
    const [name, value] = word.split('=');
    options[name] = name === 'passphrase' ? value : fs.readFileSync(value);
}
// Node's https module sends no name of its own.
options.headers = { 'User-Agent': `Node.js/${process.versions.node}` };

https.get(process.argv[2], options, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (text) => { body += text; });
    response.on('end', () => process.stdout.write(`${response.statusCode} ${body}`));
}).on('error', (error) => {
    console.log(error.code);
    process.exitCode = 1;
});
