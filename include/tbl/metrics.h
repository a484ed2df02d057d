/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* MTLS_METRIC(id, name, type, labels, title, help)
 * What is counted or measured, for the status page, its JSON, Prometheus and the documentation alike. Names are what
 * alerts are written with: never change one. Labels have few values, all from the configuration or from tables. */
MTLS_METRIC(DECISIONS, "mtls_authz_decisions_total", "counter", "vhost section mode decision reason",
    "Decisions",
    "Requests of clients by what was decided: granted, denied, would-deny (served, as the section only reports), not-asked (no rule of ours there)")
MTLS_METRIC(REMOVALS, "mtls_authz_removed_headers_total", "counter", "header",
    "Removed headers",
    "Headers, trailers and Connection tokens of clients that were removed because only this server may set them")
MTLS_METRIC(CONNECTIONS, "mtls_authz_connections_total", "counter", "certificate",
    "TLS connections",
    "TLS connections by what the client showed when it was first looked at: no certificate, a verified or an unverified one")
MTLS_METRIC(FACTS, "mtls_authz_certificates_read_total", "counter", "",
    "Certificates read",
    "Times that a verified certificate was read into facts: once per connection and certificate")
MTLS_METRIC(EXPIRING, "mtls_authz_expiring_certificates", "gauge", "within",
    "Certificates that run out",
    "Client certificates seen in the last 30 days, not renewed since, that run out within this time, or have run out in the last 7 days (expired)")
MTLS_METRIC(NEXT_EXPIRY, "mtls_authz_next_expiry_timestamp_seconds", "gauge", "",
    "Next end of a certificate",
    "When the first of these certificates runs out that is still valid")
MTLS_METRIC(RULES, "mtls_authz_section_rules", "gauge", "vhost section mode",
    "Rules",
    "Require mtls lines of a section of the current configuration")
MTLS_METRIC(CONFIGURATIONS, "mtls_authz_configurations_total", "counter", "",
    "Configurations",
    "Configurations that have come into force: the start, and each restart")
MTLS_METRIC(SINCE, "mtls_authz_start_time_seconds", "gauge", "",
    "Counting since",
    "When counting began: the start of the main process, which restarts do not change")
#undef MTLS_METRIC
