-- Licensed under the Apache License, Version 2.0; see LICENSE.
-- What mod_lua sees of a request, told to the client.
require 'apache2'

function fixups(r)
    r.err_headers_out['X-Lua'] = (r.user or '-') .. '|' .. (r.subprocess_env['MTLS_VERIFY'] or '-') .. '|'
        .. (r.headers_in['X-Client-DN'] or '-')
    return apache2.DECLINED
end
