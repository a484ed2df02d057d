/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* MTLS_PROFILE(name, default options, products, documentation)
 * MTLS_PART(profile, header, label, fields, format, option, flags)
 *
 * A header is the run of its rows: one part each, printed as label=value, joined by ";". Fields are names
 * joined by blanks; "LABEL=field" prints the label before each of its values, "-field" takes that field's
 * values away, "=text" is the text itself. A part with an option is there only if the option is asked for
 * (or a default); a header without parts, or whose row has no fields, is never sent but always guarded. */
#ifndef MTLS_PROFILE
#define MTLS_PROFILE(name, defaults, products, doc)
#endif
#ifndef MTLS_PART
#define MTLS_PART(profile, header, label, fields, format, option, flags)
#endif

MTLS_PROFILE("rfc9440", NULL, "Keycloak 26.4 (provider rfc9440), OpenBao, Authup, origins of Google and Cloudflare",
    "RFC 9440: certificate and verified chain without trust anchor, as byte sequences")
MTLS_PART("rfc9440", "Client-Cert", NULL, "certificate", "sf", NULL, 0)
MTLS_PART("rfc9440", "Client-Cert-Chain", NULL, "chain", "sf", NULL, 0)

MTLS_PROFILE("nginx", NULL, "what ingress-nginx sends: Keycloak (provider nginx), authentik, most guides for nginx",
    "status, both names in RFC 4514 and the certificate as percent-encoded PEM")
MTLS_PART("nginx", "ssl-client-verify", NULL, "verify", "text", NULL, 0)
MTLS_PART("nginx", "ssl-client-subject-dn", NULL, "subject", "rfc4514", NULL, 0)
MTLS_PART("nginx", "ssl-client-issuer-dn", NULL, "issuer", "rfc4514", NULL, 0)
MTLS_PART("nginx", "ssl-client-cert", NULL, "certificate", "pem-url", NULL, 0)

MTLS_PROFILE("xfcc", "subject,uri,dns",
    "Envoy, Istio, Spring Cloud, Azure Container Apps; Keycloak (provider envoy) with xfcc:cert,chain",
    "X-Forwarded-Client-Cert as Envoy writes it: one element, By and Hash always; chain begins with the certificate")
MTLS_PART("xfcc", "X-Forwarded-Client-Cert", "By", "server.san.uri", "ascii", NULL, MTLS_PART_REPEAT)
MTLS_PART("xfcc", "X-Forwarded-Client-Cert", "Hash", "sha256", "hex", NULL, 0)
MTLS_PART("xfcc", "X-Forwarded-Client-Cert", "Cert", "certificate", "pem-url", "cert", MTLS_PART_QUOTE)
MTLS_PART("xfcc", "X-Forwarded-Client-Cert", "Chain", "certificate chain", "pem-url", "chain", MTLS_PART_QUOTE)
MTLS_PART("xfcc", "X-Forwarded-Client-Cert", "Subject", "subject", "rfc4514-quotable", "subject", MTLS_PART_QUOTE)
MTLS_PART("xfcc", "X-Forwarded-Client-Cert", "URI", "san.uri", "ascii", "uri", MTLS_PART_REPEAT)
MTLS_PART("xfcc", "X-Forwarded-Client-Cert", "DNS", "san.dns", "ascii", "dns", MTLS_PART_REPEAT)

MTLS_PROFILE("remote-user", NULL,
    "Grafana (remote-user:X-WEBAUTH-USER), Django, Flask, Spring Security, anything that reads one user name",
    "the user name as MTLSUser makes it, in its format; the option is the header's name")
MTLS_PART("remote-user", "X-Remote-User", NULL, "user", "utf8", NULL, MTLS_PART_SINGLE | MTLS_PART_NAMED)

MTLS_PROFILE("tomcat", "cert", "Tomcat (SSLValve); escaped from 9.0.38 and 8.5.58 on",
    "certificate as PEM with blanks for line ends (cert) or percent-encoded (escaped), and the TLS session's facts")
MTLS_PART("tomcat", "ssl_client_cert", NULL, "certificate", "pem-space", "cert", 0)
MTLS_PART("tomcat", "ssl_client_escaped_cert", NULL, "certificate", "pem-url", "escaped", 0)
MTLS_PART("tomcat", "ssl_cipher", NULL, "tls.cipher", "text", NULL, 0)
MTLS_PART("tomcat", "ssl_session_id", NULL, "tls.session-id", "hex", NULL, 0)
MTLS_PART("tomcat", "ssl_cipher_usekeysize", NULL, "tls.cipher-bits", "decimal", NULL, 0)
MTLS_PART("tomcat", "ssl_secure_protocol", NULL, "tls.version", "text", NULL, 0)

MTLS_PROFILE("undertow", NULL, "Undertow, WildFly, JBoss EAP (proxy-address-forwarding with SSL headers)",
    "certificate as PEM with blanks for line ends, and the TLS session's facts")
MTLS_PART("undertow", "SSL_CLIENT_CERT", NULL, "certificate", "pem-space", NULL, 0)
MTLS_PART("undertow", "SSL_CIPHER", NULL, "tls.cipher", "text", NULL, 0)
MTLS_PART("undertow", "SSL_SESSION_ID", NULL, "tls.session-id", "hex", NULL, 0)
MTLS_PART("undertow", "SSL_CIPHER_USEKEYSIZE", NULL, "tls.cipher-bits", "decimal", NULL, 0)
MTLS_PART("undertow", "SECURE_PROTOCOL", NULL, "tls.version", "text", NULL, 0)

MTLS_PROFILE("haproxy", NULL, "applications written for HAProxy's documented X-SSL headers",
    "names in slash form, UTF-8 as it is; verify is OpenSSL's number, nothing without a certificate")
MTLS_PART("haproxy", "X-SSL", NULL, "=1", NULL, NULL, 0)
MTLS_PART("haproxy", "X-SSL-Client-Verify", NULL, "verify", "verify-code", NULL, 0)
MTLS_PART("haproxy", "X-SSL-Client-SHA1", NULL, "sha1", "hex-upper", NULL, 0)
MTLS_PART("haproxy", "X-SSL-Client-DN", NULL, "subject", "slash", NULL, 0)
MTLS_PART("haproxy", "X-SSL-Client-CN", NULL, "subject.cn", "utf8", NULL, MTLS_PART_SINGLE)
MTLS_PART("haproxy", "X-SSL-Issuer", NULL, "issuer", "slash", NULL, 0)
MTLS_PART("haproxy", "X-SSL-Client-NotBefore", NULL, "not-before", "asn1-time", NULL, 0)
MTLS_PART("haproxy", "X-SSL-Client-NotAfter", NULL, "not-after", "asn1-time", NULL, 0)
MTLS_PART("haproxy", "X-SSL-Client-SAN", NULL, NULL, NULL, NULL, 0)
MTLS_PART("haproxy", "X-SSL-Session_ID", NULL, NULL, NULL, NULL, 0)

MTLS_PROFILE("keycloak-haproxy", NULL, "Keycloak (provider haproxy)",
    "certificate as bare base64, chain as base64 of its DER one after another")
MTLS_PART("keycloak-haproxy", "Client-Cert", NULL, "certificate", "der-base64", NULL, 0)
MTLS_PART("keycloak-haproxy", "Client-Cert-Chain", NULL, "chain", "der-base64-joined", NULL, 0)

MTLS_PROFILE("keycloak-apache", NULL, "Keycloak (provider apache); certificateChainLength up to 5",
    "certificate and chain as PEM with blanks for line ends, one header for each certificate")
MTLS_PART("keycloak-apache", "SSL_CLIENT_CERT", NULL, "certificate", "pem-space", NULL, 0)
MTLS_PART("keycloak-apache", "CERT_CHAIN_0", NULL, "chain", "pem-space", NULL, MTLS_PART_NTH(0))
MTLS_PART("keycloak-apache", "CERT_CHAIN_1", NULL, "chain", "pem-space", NULL, MTLS_PART_NTH(1))
MTLS_PART("keycloak-apache", "CERT_CHAIN_2", NULL, "chain", "pem-space", NULL, MTLS_PART_NTH(2))
MTLS_PART("keycloak-apache", "CERT_CHAIN_3", NULL, "chain", "pem-space", NULL, MTLS_PART_NTH(3))
MTLS_PART("keycloak-apache", "CERT_CHAIN_4", NULL, "chain", "pem-space", NULL, MTLS_PART_NTH(4))
MTLS_PART("keycloak-apache", "CERT_CHAIN_5", NULL, NULL, NULL, NULL, 0)
MTLS_PART("keycloak-apache", "CERT_CHAIN_6", NULL, NULL, NULL, NULL, 0)
MTLS_PART("keycloak-apache", "CERT_CHAIN_7", NULL, NULL, NULL, NULL, 0)
MTLS_PART("keycloak-apache", "CERT_CHAIN_8", NULL, NULL, NULL, NULL, 0)
MTLS_PART("keycloak-apache", "CERT_CHAIN_9", NULL, NULL, NULL, NULL, 0)

MTLS_PROFILE("traefik", "pem,info",
    "applications written for what Traefik 2.9.4 and later sends, such as Syncthing's discovery server",
    "bodies of PEM joined by commas, the certificate first, and query-escaped facts of the certificate")
MTLS_PART("traefik", "X-Forwarded-Tls-Client-Cert", NULL, "certificate chain", "pem-body", "pem", 0)
MTLS_PART("traefik", "X-Forwarded-Tls-Client-Cert-Info", "Subject",
    "DC=subject.dc C=subject.c ST=subject.st L=subject.l O=subject.o OU=subject.ou SN=subject.serial-number "
    "CN=subject.cn",
    "traefik-attribute", "info", MTLS_PART_QUOTE | MTLS_PART_QUERY)
MTLS_PART("traefik", "X-Forwarded-Tls-Client-Cert-Info", "Issuer",
    "DC=issuer.dc C=issuer.c ST=issuer.st L=issuer.l O=issuer.o SN=issuer.serial-number CN=issuer.cn",
    "traefik-attribute", "info", MTLS_PART_QUOTE | MTLS_PART_QUERY)
MTLS_PART("traefik", "X-Forwarded-Tls-Client-Cert-Info", "SerialNumber", "serial", "decimal",
    "info", MTLS_PART_QUOTE | MTLS_PART_QUERY)
MTLS_PART("traefik", "X-Forwarded-Tls-Client-Cert-Info", "NB", "not-before", "unix",
    "info", MTLS_PART_QUOTE | MTLS_PART_QUERY)
MTLS_PART("traefik", "X-Forwarded-Tls-Client-Cert-Info", "NA", "not-after", "unix",
    "info", MTLS_PART_QUOTE | MTLS_PART_QUERY)
MTLS_PART("traefik", "X-Forwarded-Tls-Client-Cert-Info", "SAN", "san.dns san.email san.ip san.uri",
    "traefik-item", "info", MTLS_PART_QUOTE | MTLS_PART_QUERY)

MTLS_PROFILE("alb", "verify", "what AWS Application Load Balancers send: Keycloak (provider aws-elb-alb)",
    "facts and certificate (verify), or certificate and chain in one header (passthrough)")
MTLS_PART("alb", "X-Amzn-Mtls-Clientcert-Serial-Number", NULL, "serial", "hex-upper", "verify", 0)
MTLS_PART("alb", "X-Amzn-Mtls-Clientcert-Issuer", NULL, "issuer", "rfc4514", "verify", 0)
MTLS_PART("alb", "X-Amzn-Mtls-Clientcert-Subject", NULL, "subject", "rfc4514", "verify", 0)
MTLS_PART("alb", "X-Amzn-Mtls-Clientcert-Validity", "NotBefore", "not-before", "rfc3339", "verify", 0)
MTLS_PART("alb", "X-Amzn-Mtls-Clientcert-Validity", "NotAfter", "not-after", "rfc3339", "verify", 0)
MTLS_PART("alb", "X-Amzn-Mtls-Clientcert-Leaf", NULL, "certificate", "pem-url-aws", "verify", 0)
MTLS_PART("alb", "X-Amzn-Mtls-Clientcert", NULL, "certificate chain", "pem-url-aws", "passthrough", 0)

MTLS_PROFILE("cloudfront", NULL, "origins of Amazon CloudFront with viewer mTLS",
    "facts, and the certificate as percent-encoded PEM")
MTLS_PART("cloudfront", "CloudFront-Viewer-Cert-Present", NULL, "verify", "present-digit", NULL, 0)
MTLS_PART("cloudfront", "CloudFront-Viewer-Cert-Serial-Number", NULL, "serial", "hex-colon", NULL, 0)
MTLS_PART("cloudfront", "CloudFront-Viewer-Cert-Issuer", NULL, "issuer", "rfc4514", NULL, 0)
MTLS_PART("cloudfront", "CloudFront-Viewer-Cert-Subject", NULL, "subject", "rfc4514", NULL, 0)
MTLS_PART("cloudfront", "CloudFront-Viewer-Cert-Sha256", NULL, "sha256", "hex", NULL, 0)
MTLS_PART("cloudfront", "CloudFront-Viewer-Cert-Validity", "NotBefore", "not-before", "rfc3339", NULL, 0)
MTLS_PART("cloudfront", "CloudFront-Viewer-Cert-Validity", "NotAfter", "not-after", "rfc3339", NULL, 0)
MTLS_PART("cloudfront", "CloudFront-Viewer-Cert-Pem", NULL, "certificate", "pem-url", NULL, 0)

MTLS_PROFILE("gcp", NULL, "backends of Google Cloud load balancers, with the header names of Google's guide",
    "status and facts; SAN lists as base64 items; with leaf, chain and dn what these variables hold")
MTLS_PART("gcp", "X-Client-Cert-Present", NULL, "verify", "present-word", NULL, 0)
MTLS_PART("gcp", "X-Client-Cert-Chain-Verified", NULL, "verify", "verified-word", NULL, 0)
MTLS_PART("gcp", "X-Client-Cert-Error", NULL, "verify", "gcp-error", NULL, 0)
MTLS_PART("gcp", "X-Client-Cert-Hash", NULL, "sha256", "base64", NULL, 0)
MTLS_PART("gcp", "X-Client-Cert-Serial-Number", NULL, "serial", "hex", NULL, 0)
MTLS_PART("gcp", "X-Client-Cert-SPIFFE", NULL, "spiffe", "ascii", NULL, 0)
MTLS_PART("gcp", "X-Client-Cert-URI-SANs", NULL, "san.uri -spiffe", "list-base64", NULL, 0)
MTLS_PART("gcp", "X-Client-Cert-DNSName-SANs", NULL, "san.dns", "list-base64", NULL, 0)
MTLS_PART("gcp", "X-Client-Cert-Valid-Not-Before", NULL, "not-before", "rfc3339-offset", NULL, 0)
MTLS_PART("gcp", "X-Client-Cert-Valid-Not-After", NULL, "not-after", "rfc3339-offset", NULL, 0)
MTLS_PART("gcp", "X-Client-Cert-Issuer-DN", NULL, "issuer", "der-name-base64", "dn", 0)
MTLS_PART("gcp", "X-Client-Cert-Subject-DN", NULL, "subject", "der-name-base64", "dn", 0)
MTLS_PART("gcp", "X-Client-Cert-Leaf", NULL, "certificate", "sf", "leaf", 0)
MTLS_PART("gcp", "X-Client-Cert-Chain", NULL, "chain", "sf", "chain", 0)

MTLS_PROFILE("azure", NULL, "Azure App Service and Functions", "base64 of DER")
MTLS_PART("azure", "X-ARR-ClientCert", NULL, "certificate", "der-base64", NULL, 0)

MTLS_PROFILE("aspnet", NULL, "ASP.NET Core (CertificateForwarding); behind IIS aspnet:MS-ASPNETCORE-CLIENTCERT",
    "base64 of DER; the option is the header's name")
MTLS_PART("aspnet", "X-Client-Cert", NULL, "certificate", "der-base64", NULL, MTLS_PART_NAMED)

MTLS_PROFILE("cloudflare", NULL, "origins of Cloudflare with the managed transform for TLS client authentication",
    "status, names in three styles and facts; fingerprints and what is not known here are guarded, not sent")
MTLS_PART("cloudflare", "cf-cert-presented", NULL, "verify", "present-word", NULL, 0)
MTLS_PART("cloudflare", "cf-cert-verified", NULL, "verify", "verified-word", NULL, 0)
MTLS_PART("cloudflare", "cf-cert-revoked", NULL, NULL, NULL, NULL, 0)
MTLS_PART("cloudflare", "cf-cert-issuer-dn", NULL, "issuer", "rfc4514-spaced", NULL, 0)
MTLS_PART("cloudflare", "cf-cert-subject-dn", NULL, "subject", "rfc4514-spaced", NULL, 0)
MTLS_PART("cloudflare", "cf-cert-issuer-dn-rfc2253", NULL, "issuer", "rfc4514", NULL, 0)
MTLS_PART("cloudflare", "cf-cert-subject-dn-rfc2253", NULL, "subject", "rfc4514", NULL, 0)
MTLS_PART("cloudflare", "cf-cert-issuer-dn-legacy", NULL, "issuer", "slash", NULL, 0)
MTLS_PART("cloudflare", "cf-cert-subject-dn-legacy", NULL, "subject", "slash", NULL, 0)
MTLS_PART("cloudflare", "cf-cert-serial", NULL, "serial", "hex-upper", NULL, 0)
MTLS_PART("cloudflare", "cf-cert-issuer-serial", NULL, NULL, NULL, NULL, 0)
MTLS_PART("cloudflare", "cf-cert-not-before", NULL, "not-before", "openssl-time", NULL, 0)
MTLS_PART("cloudflare", "cf-cert-not-after", NULL, "not-after", "openssl-time", NULL, 0)
MTLS_PART("cloudflare", "cf-cert-ski", NULL, "ski", "hex-upper", NULL, 0)
MTLS_PART("cloudflare", "cf-cert-issuer-ski", NULL, "aki", "hex-upper", NULL, 0)
MTLS_PART("cloudflare", "cf-cert-fingerprint-sha256", NULL, NULL, NULL, NULL, 0)
MTLS_PART("cloudflare", "cf-cert-fingerprint-sha1", NULL, NULL, NULL, NULL, 0)
MTLS_PART("cloudflare", "cf-cert-sha256", NULL, NULL, NULL, NULL, 0)
MTLS_PART("cloudflare", "cf-cert-sha1", NULL, NULL, NULL, NULL, 0)

MTLS_PROFILE("kong", NULL, "services behind Kong's tls-metadata-headers plugin",
    "certificate as percent-encoded PEM, serial number, names and SHA-1")
MTLS_PART("kong", "X-Client-Cert", NULL, "certificate", "pem-url", NULL, 0)
MTLS_PART("kong", "X-Client-Cert-Serial", NULL, "serial", "hex-upper", NULL, 0)
MTLS_PART("kong", "X-Client-Cert-Issuer-DN", NULL, "issuer", "rfc4514", NULL, 0)
MTLS_PART("kong", "X-Client-Cert-Subject-DN", NULL, "subject", "rfc4514", NULL, 0)
MTLS_PART("kong", "X-Client-Cert-Fingerprint", NULL, "sha1", "hex", NULL, 0)

MTLS_PROFILE("puppet", NULL, "Puppet Server, PuppetDB (allow-header-cert-info)",
    "status, name in RFC 4514 and the certificate as percent-encoded PEM")
MTLS_PART("puppet", "X-Client-Verify", NULL, "verify", "text", NULL, 0)
MTLS_PART("puppet", "X-Client-DN", NULL, "subject", "rfc4514", NULL, 0)
MTLS_PART("puppet", "X-Client-Cert", NULL, "certificate", "pem-url", NULL, 0)

MTLS_PROFILE("pulp", NULL, "Pulp (pulp-certguard)", "certificate as percent-encoded PEM")
MTLS_PART("pulp", "X-CLIENT-CERT", NULL, "certificate", "pem-url", NULL, 0)

MTLS_PROFILE("vault", NULL, "HashiCorp Vault: x_forwarded_for_client_cert_header with decoders BASE64",
    "base64 of DER; the option is the header's name")
MTLS_PART("vault", "X-Client-Cert", NULL, "certificate", "der-base64", NULL, MTLS_PART_NAMED)

MTLS_PROFILE("cloudfoundry", NULL, "Cloud Foundry (gorouter with forwarded_client_cert: forward) and its applications",
    "base64 of DER in the header that Envoy uses otherwise")
MTLS_PART("cloudfoundry", "X-Forwarded-Client-Cert", NULL, "certificate", "der-base64", NULL, 0)
#undef MTLS_PROFILE
#undef MTLS_PART
