# Licensed under the Apache License, Version 2.0; see LICENSE.
package Neighbours;
# What mod_perl sees of a request, told to the client.
use strict;
use warnings;
use Apache2::Access ();
use Apache2::Const -compile => qw(DECLINED);
use Apache2::RequestRec ();
use Apache2::RequestUtil ();
use APR::Table ();

sub fixups {
    my ($r) = @_;
    $r->err_headers_out->set('X-Perl' => join '|', $r->user // '-', $r->subprocess_env('MTLS_VERIFY') // '-',
        $r->headers_in->get('X-Client-DN') // '-');
    return Apache2::Const::DECLINED;
}

1;
