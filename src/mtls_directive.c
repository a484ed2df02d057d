/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "apr_strings.h"

#include "mtls_directive.h"

const char *mtls_directive_begin(cmd_parms *cmd, mtls_generation_t *(*mark)(cmd_parms *cmd))
{
    const char *error = ap_check_cmd_context(cmd, NOT_IN_HTACCESS | NOT_IN_LIMIT);

    if (!error)
        mark(cmd);
    return error;
}

mtls_place_t mtls_directive_place(const cmd_parms *cmd)
{
    return (mtls_place_t){ cmd->directive->filename, cmd->directive->line_num };
}

const char *mtls_directive_refuse(cmd_parms *cmd, const char *sentence)
{
    return apr_psprintf(cmd->pool, "%s: %s", cmd->cmd->name, sentence);
}

const char *mtls_directive_quote(cmd_parms *cmd, const char *word)
{
    return mtls_text_escape(cmd->pool, mtls_str(word));
}

const char *mtls_directive_choose(cmd_parms *cmd, const mtls_choice_t *choices, const char *word, int *value)
{
    const char *known = "";
    const mtls_choice_t *choice;

    for (choice = choices; choice->word; choice++) {
        if (!strcasecmp(choice->word, word)) {
            *value = choice->value;
            return NULL;
        }
        known = apr_pstrcat(cmd->pool, known, *known ? ", " : "", choice->word, NULL);
    }
    return apr_psprintf(cmd->pool, "%s: unknown word '%s'; known are %s", cmd->cmd->name,
                        mtls_directive_quote(cmd, word), known);
}
