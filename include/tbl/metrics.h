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
MTLS_METRIC(LIST_VERSION, "mtls_authz_list_version", "gauge", "list",
    "Versions of lists",
    "The version of a list that is in force: the number rises when another one comes into force; 0 if there is none")
MTLS_METRIC(LIST_ENTRIES, "mtls_authz_list_entries", "gauge", "list",
    "Entries of lists",
    "Entries of the version in force")
MTLS_METRIC(LIST_LOADED, "mtls_authz_list_loaded_timestamp_seconds", "gauge", "list",
    "Lists loaded",
    "When the version in force came into force")
MTLS_METRIC(LIST_CONFIRMED, "mtls_authz_list_confirmed_timestamp_seconds", "gauge", "list",
    "Lists confirmed",
    "When the files of a list were last seen to be what was read")
MTLS_METRIC(LIST_NEXT_UPDATE, "mtls_authz_list_next_update_timestamp_seconds", "gauge", "list",
    "Next updates",
    "The earliest nextUpdate of a list's revocation lists")
MTLS_METRIC(LIST_STALE, "mtls_authz_list_stale", "gauge", "list",
    "Stale lists",
    "1 if the version in force is stale (no good file for too long, or a nextUpdate has passed), else 0; it stays in force")
MTLS_METRIC(LIST_BAD, "mtls_authz_list_bad", "gauge", "list",
    "Bad lists",
    "1 if the files of a list cannot be used as they are now, else 0: the last good version stays in force")
MTLS_METRIC(LIST_RELOADS, "mtls_authz_list_reloads_total", "counter", "list",
    "Reloads of lists",
    "Versions that came into force since the last restart, the first one not counted")
MTLS_METRIC(LIST_FAILURES, "mtls_authz_list_failures_total", "counter", "list",
    "Failures of lists",
    "How many times the files of a list were found bad since the last restart")
MTLS_METRIC(CONFIGURATIONS, "mtls_authz_configurations_total", "counter", "",
    "Configurations",
    "Configurations that have come into force: the start, and each restart")
MTLS_METRIC(SINCE, "mtls_authz_start_time_seconds", "gauge", "",
    "Counting since",
    "When counting began: the start of the main process, which restarts do not change")
#undef MTLS_METRIC
