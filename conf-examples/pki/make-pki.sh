#!/usr/bin/env bash
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# make-pki.sh DIRECTORY [HABIT...]    certificates as people make them, for trying things out
#
# One function for each habit, with the commands as guides to mutual TLS give them; each works in a
# directory of its own, DIRECTORY/HABIT. Without a habit all are made. Every one ends with ca-cert.pem,
# server-cert.pem, client-cert.pem and their keys, and with other-cert.pem: a second client of the same CA, so
# that a refusal can be seen, too. Nothing here belongs on a machine in production: the CAs' keys are not
# protected, and the passwords are known.
set -eu

# RSA-4096, a client certificate without any extension, PKCS#12 stores with passwords. -certfile puts the
# CA's certificate into the client's store: such a client sends the root along.
jvm() {
    openssl genrsa -out ca-key.pem 4096
    openssl req -x509 -new -nodes -key ca-key.pem -sha256 -days 3650 -subj "/CN=ca" -out ca-cert.pem
    openssl genrsa -out server-key.pem 4096
    openssl req -new -key server-key.pem -subj "/CN=localhost" -out server.csr
    openssl x509 -req -in server.csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 365 -sha256 \
        -extfile <(printf "subjectAltName=DNS:localhost,IP:127.0.0.1") -out server-cert.pem
    openssl genrsa -out client-key.pem 4096
    openssl req -new -key client-key.pem -subj "/CN=client" -out client.csr
    openssl x509 -req -in client.csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 365 -sha256 -out client-cert.pem
    openssl pkcs12 -export -in client-cert.pem -inkey client-key.pem -certfile ca-cert.pem -name client \
        -passout pass:changeit -out client.p12
    openssl pkcs12 -export -in server-cert.pem -inkey server-key.pem -certfile ca-cert.pem -name server \
        -passout pass:changeit -out server.p12
    keytool -importcert -storetype PKCS12 -trustcacerts -noprompt -alias ca -file ca-cert.pem \
        -keystore truststore.p12 -storepass changeit
    openssl verify -CAfile ca-cert.pem server-cert.pem client-cert.pem
}

# A CA by "req -x509" with the default subject, RSA-2048 by genpkey, the same serial number for server and
# client, the client's names equal to the server's, an encrypted key, PKCS#12 with a password.
node() {
    openssl req -x509 -newkey rsa:2048 -nodes -batch -days 365 -keyout ca-key.pem -out ca-cert.pem
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out server-key.pem
    openssl req -new -key server-key.pem -subj "/CN=localhost" -out server.csr
    openssl x509 -req -in server.csr -CA ca-cert.pem -CAkey ca-key.pem -set_serial 01 -days 365 \
        -extfile <(printf "subjectAltName=DNS:localhost") -out server-cert.pem
    openssl genrsa -aes256 -passout pass:secret -out client-key-encrypted.pem 2048
    openssl req -new -key client-key-encrypted.pem -passin pass:secret -subj "/CN=client" -out client.csr
    openssl x509 -req -in client.csr -CA ca-cert.pem -CAkey ca-key.pem -set_serial 01 -days 365 \
        -extfile <(printf "subjectAltName=DNS:localhost") -out client-cert.pem
    openssl rsa -in client-key-encrypted.pem -passin pass:secret -out client-key.pem
    openssl pkcs12 -export -in client-cert.pem -inkey client-key-encrypted.pem -passin pass:secret \
        -passout pass:secret -out client.p12
    openssl verify -CAfile ca-cert.pem server-cert.pem client-cert.pem
}

# Two CAs, the server's and one for clients only. PKCS#12 without a password, a trust store in JKS, DER.
java() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj "/CN=Server CA" -keyout server-ca-key.pem \
        -out server-ca-cert.pem
    openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj "/CN=Client CA" -keyout ca-key.pem -out ca-cert.pem
    openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout server-key.pem -out server.csr
    openssl x509 -req -in server.csr -CA server-ca-cert.pem -CAkey server-ca-key.pem -CAcreateserial -days 365 \
        -extfile <(printf "subjectAltName=DNS:localhost,IP:127.0.0.1") -out server-cert.pem
    openssl req -newkey rsa:2048 -nodes -subj "/CN=client" -keyout client-key.pem -out client.csr
    openssl x509 -req -in client.csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 365 \
        -extfile <(printf "subjectAltName=DNS:client.localhost,IP:127.0.0.1") -out client-cert.pem
    openssl pkcs12 -export -in client-cert.pem -inkey client-key.pem -passout pass: -out client.p12
    openssl x509 -in server-ca-cert.pem -outform der -out server-ca-cert.der
    openssl x509 -in client-cert.pem -outform der -out client-cert.der
    openssl pkcs8 -topk8 -nocrypt -in client-key.pem -outform der -out client-key.der
    keytool -importcert -storetype PKCS12 -trustcacerts -noprompt -alias ca -file server-ca-cert.pem \
        -keystore truststore.p12 -storepass changeit
    keytool -importkeystore -srckeystore truststore.p12 -srcstoretype PKCS12 -srcstorepass changeit \
        -destkeystore truststore.jks -deststoretype JKS -deststorepass changeit -noprompt
    openssl verify -CAfile server-ca-cert.pem server-cert.pem
    openssl verify -CAfile ca-cert.pem client-cert.pem
}

# A hundred years of validity, subjects in full, a file of extensions for the server, and one for the client
# with everything that openssl.cnf suggests for people with mail addresses. Guides that name client-ext.cnf
# do not always show it.
nginx() {
    openssl genrsa -out ca-key.pem 2048
    openssl req -x509 -new -nodes -key ca-key.pem -days 36500 -subj "/C=DE/O=Example/CN=Example CA" -out ca-cert.pem
    write_server_ext >server.ext
    openssl req -new -newkey rsa:2048 -nodes -keyout server-key.pem -subj "/C=DE/O=Example/CN=localhost" -out server.csr
    openssl x509 -req -in server.csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 36500 \
        -extfile server.ext -out server-cert.pem
    write_client_ext >client-ext.cnf
    openssl req -new -newkey rsa:2048 -nodes -keyout client-key.pem -subj "/C=DE/O=Example/CN=client" -out client.csr
    openssl x509 -req -in client.csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 36500 \
        -extfile client-ext.cnf -out client-cert.pem
    openssl verify -CAfile ca-cert.pem server-cert.pem client-cert.pem
}

write_server_ext() {
    cat <<END
authorityKeyIdentifier=keyid,issuer
basicConstraints=CA:FALSE
keyUsage = digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment
subjectAltName = @alt_names

[alt_names]
DNS.1 = localhost
DNS.2 = gateway.localhost
IP.1 = 127.0.0.1
END
}

write_client_ext() {
    cat <<END
basicConstraints = CA:FALSE
nsCertType = client, email
nsComment = "OpenSSL Generated Client Certificate"
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid,issuer:always
keyUsage = critical, nonRepudiation, digitalSignature, keyEncipherment
extendedKeyUsage = clientAuth, emailProtection
END
}

# One CA for both sides; the client's certificate says what it is for, the server's does not.
eku() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj "/CN=One CA" -keyout ca-key.pem -out ca-cert.pem
    openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout server-key.pem -out server.csr
    openssl x509 -req -in server.csr -CA ca-cert.pem -CAkey ca-key.pem -set_serial 01 -days 365 \
        -extfile <(printf "subjectAltName=DNS:localhost") -out server-cert.pem
    openssl req -newkey rsa:2048 -nodes -subj "/CN=client" -keyout client-key.pem -out client.csr
    openssl x509 -req -in client.csr -CA ca-cert.pem -CAkey ca-key.pem -set_serial 02 -days 365 \
        -extfile <(printf "extendedKeyUsage=clientAuth") -out client-cert.pem
    openssl verify -CAfile ca-cert.pem server-cert.pem client-cert.pem
}

# Clients of an intermediate CA: client-chain.pem is what a client should send. Servers trust the root alone.
intermediate() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=Root CA" -keyout ca-key.pem -out ca-cert.pem
    openssl req -newkey rsa:2048 -nodes -subj "/CN=Intermediate CA" -keyout intermediate-key.pem -out intermediate.csr
    openssl x509 -req -in intermediate.csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 1825 \
        -extfile <(printf "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign") \
        -out intermediate-cert.pem
    openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout server-key.pem -out server.csr
    openssl x509 -req -in server.csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 365 \
        -extfile <(printf "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth") -out server-cert.pem
    openssl req -newkey rsa:2048 -nodes -subj "/CN=client" -keyout client-key.pem -out client.csr
    openssl x509 -req -in client.csr -CA intermediate-cert.pem -CAkey intermediate-key.pem -CAcreateserial -days 365 \
        -extfile <(printf "extendedKeyUsage=clientAuth") -out client-cert.pem
    cat client-cert.pem intermediate-cert.pem >client-chain.pem
    openssl verify -CAfile ca-cert.pem -untrusted intermediate-cert.pem client-cert.pem
}

# A public CA for the server, in the file layout of certbot, and a private one for clients. The public CA is
# played by one made here: everybody's trust store is public-ca-cert.pem.
public() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=Public Root CA" -keyout public-ca-key.pem \
        -out public-ca-cert.pem
    openssl req -newkey rsa:2048 -nodes -subj "/CN=Public R1" -keyout issuing-key.pem -out issuing.csr
    openssl x509 -req -in issuing.csr -CA public-ca-cert.pem -CAkey public-ca-key.pem -CAcreateserial -days 1825 \
        -extfile <(printf "basicConstraints=critical,CA:TRUE,pathlen:0") -out issuing-cert.pem
    openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout server-key.pem -out server.csr
    openssl x509 -req -in server.csr -CA issuing-cert.pem -CAkey issuing-key.pem -CAcreateserial -days 90 \
        -extfile <(printf "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth") -out server-cert.pem
    mkdir -p archive/localhost live/localhost
    cp server-key.pem archive/localhost/privkey1.pem
    cp server-cert.pem archive/localhost/cert1.pem
    cp issuing-cert.pem archive/localhost/chain1.pem
    cat server-cert.pem issuing-cert.pem >archive/localhost/fullchain1.pem
    for name in privkey cert chain fullchain; do ln -sf ../../archive/localhost/${name}1.pem live/localhost/$name.pem; done
    openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj "/CN=Private Client CA" -keyout ca-key.pem -out ca-cert.pem
    openssl req -newkey rsa:2048 -nodes -subj "/CN=client" -keyout client-key.pem -out client.csr
    openssl x509 -req -in client.csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 365 \
        -extfile <(printf "extendedKeyUsage=clientAuth") -out client-cert.pem
    openssl verify -CAfile public-ca-cert.pem -untrusted live/localhost/chain.pem live/localhost/cert.pem
    openssl verify -CAfile ca-cert.pem client-cert.pem
}

# Not of any guide: the second client. It says clientAuth, so that nothing but the rule keeps it out.
make_other() {
    openssl req -newkey rsa:2048 -nodes -subj "/CN=other" -keyout other-key.pem -out other.csr
    openssl x509 -req -in other.csr -CA ca-cert.pem -CAkey ca-key.pem -set_serial 0x77 -days 365 \
        -extfile <(printf "extendedKeyUsage=clientAuth") -out other-cert.pem
    openssl pkcs12 -export -in other-cert.pem -inkey other-key.pem -passout pass:changeit -out other.p12
}

HABITS="jvm node java nginx eku intermediate public"

[ $# -gt 0 ] || { echo "usage: make-pki.sh DIRECTORY [HABIT...]; habits: $HABITS" >&2; exit 2; }
directory=$1
shift
[ $# -gt 0 ] || set -- $HABITS
for habit; do
    case " $HABITS " in *" $habit "*) ;; *) echo "make-pki.sh: '$habit' is none of: $HABITS" >&2; exit 2 ;; esac
    mkdir -p "$directory/$habit"
    # Not "( ... ) || ...": bash would go on after a command that failed.
    set +e
    (
        set -e
        cd "$directory/$habit"
        exec >make.log 2>&1
        $habit
        make_other
    )
    status=$?
    set -e
    [ $status = 0 ] || { cat "$directory/$habit/make.log" >&2; echo "make-pki.sh: $habit failed" >&2; exit 1; }
done
