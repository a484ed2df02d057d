// Licensed under the Apache License, Version 2.0; see LICENSE.

// service PORT: greets its client by the certificate that the gateway has put into Client-Cert.
package main

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
)

// RFC 9440: base64 of the certificate's DER between colons.
func parse(header string) (*x509.Certificate, error) {
	der, err := base64.StdEncoding.DecodeString(strings.Trim(header, ":"))
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func nameOf(header string) string {
	if header == "" {
		return "nobody"
	}
	certificate, err := parse(header)
	if err != nil {
		return "a certificate that cannot be read"
	}
	return certificate.Subject.String()
}

func main() {
	// The loopback address alone: only the gateway may say who a client is.
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr())
	log.Fatal(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello, %s\n", nameOf(r.Header.Get("Client-Cert")))
	})))
}
