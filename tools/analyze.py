#!/usr/bin/env python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Static analysis of the module and its tools, by several programs, with one list of what was looked at and accepted.

    tools/analyze.py FLAGS...      the flags that the module is compiled with (make -f Makefile.apxs analyze)

A finding is accepted by a row of tools/analyze.accepted, or it fails the run. So does a row that nothing matches any more.
"""
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ACCEPTED = Path('tools/analyze.accepted')
SOURCES = [*sorted(Path('src').glob('*.c')), *sorted(Path('tools').glob('*.c')), Path('mod_mtls_authz.c')]

STRICT = '''-Wall -Wextra -Wshadow -Wconversion -Wcast-qual -Wformat=2 -Wnull-dereference -Wundef -Wwrite-strings
    -Wpointer-arith -Wfloat-equal -Wvla -Wimplicit-fallthrough'''.split()
GCC = '''-O2 -fanalyzer -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init -Wdate-time -Wstrict-overflow=2
    -Wtrampolines'''.split()
# All of clang's warnings but these: alignment holes; APR's arrays, which are char *; names that httpd's own macros make; words in httpd's comments; a default
# beside all values of an enumeration (-Wcovered) and its contrary; C11 is the language.
CLANG = '''-Weverything -Wno-padded -Wno-cast-align -Wno-reserved-macro-identifier -Wno-reserved-identifier -Wno-documentation
    -Wno-documentation-unknown-command -Wno-documentation-deprecated-sync -Wno-used-but-marked-unused
    -Wno-disabled-macro-expansion -Wno-covered-switch-default -Wno-switch-enum -Wno-declaration-after-statement
    -Wno-c++-compat'''.split()
# Left out: what two parameters of one type are called; names and headers (the house has its own rules); memcpy_s and its
# like, which no C library here has; what printf returns, since the tools look at the stream at their end; "!strcmp", arrays
# of pointers and products of small constants, which are meant; recursion over trees that httpd has read; what -Wconversion and the list below find, too.
TIDY = ','.join('''-* bugprone-* cert-* clang-analyzer-* concurrency-* misc-* performance-* portability-*
    -bugprone-easily-swappable-parameters -misc-include-cleaner -bugprone-reserved-identifier -cert-dcl37-c -cert-dcl51-cpp
    -clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling -bugprone-suspicious-string-compare
    -bugprone-sizeof-expression -bugprone-implicit-widening-of-multiplication-result -misc-no-recursion
    -bugprone-narrowing-conversions -cert-err33-c -cert-err34-c'''.split())
CPPCHECK = '''--enable=warning,performance,portability,style --std=c11 --library=posix --inline-suppr --quiet -Iinclude
    --suppress=variableScope --suppress=redundantContinue --suppress=missingIncludeSystem --suppress=unmatchedSuppression
    --template={file}:{line}:{column}:\\ {severity}:\\ {message}\\ [{id}]'''.split(' ')
CPPCHECK = [word for word in ' '.join(CPPCHECK).replace('\\ ', '\0').split() if word]
CPPCHECK = [word.replace('\0', ' ') for word in CPPCHECK]
# What OpenSSL 3.0 has deprecated is not declared: using it is an error.
OPENSSL = '-DOPENSSL_NO_DEPRECATED -DOPENSSL_API_COMPAT=30000 -Werror=implicit-function-declaration'.split()

# Functions that no source calls, each with what is wrong with it.
BANNED = [
    ('no-length', r'(?:str(?:cpy|cat|ncpy|ncat|tok)|v?sprintf|gets|alloca|[fs]?scanf|tmpnam|mktemp)'),
    ('no-error', r'(?:ato[ifl]|atoll)'),
    ('shell', r'(?:system|popen)'),
    # Text that cannot be told from other text, or stops at a NUL.
    ('lossy-text', r'(?:X509_NAME_(?:get_text_by_\w+|oneline|print)|X509_print\w*|ASN1_(?:STRING_(?:data|print\w*)|TIME_print\w*)'
                   r'|i2t_ASN1_OBJECT|OBJ_obj2txt|(?:OPENSSL_)?buf2hexstr\w*|X509_NAME_print_ex\w*|X509V3_EXT_print\w*)'),
    # Deprecated or gone between OpenSSL 3.0 and 3.5, and what 4.0 takes away.
    ('openssl', r'(?:SSL_SESSION_[gs]et_time|SSL_CTX_flush_sessions|BIO_(?:f_reliable|meth_get_\w+)|SSL_get_peer_certificate'
                r'|ERR_(?:load|free)_\w+_strings|ERR_remove_\w*state|ERR_get_state|ENGINE_\w+|X509_STORE_get0_objects'
                r'|OPENSSL_init_ssl_library|SSL_library_init|EVP_(?:cleanup|MD_CTX_(?:create|destroy)))'),
]
# Rooms that hold octets of certificates: they carry their length, and C's functions for strings stop at a NUL.
ASN1_ROOMS = 'x509 san der extension spiffe name oid dn reading cert connection record castore digest glob relation list_crl'.split()
STRINGS = r'(?:str(?:len|n?cmp|n?casecmp|chr|rchr|str|dup|c?spn|to\w+)|apr_pstrdup)'


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
    return done.returncode, done.stdout


class Findings:
    """Each once: check, file and line number, with what was said."""

    PATTERN = re.compile(r'^(?P<file>[\w./-]+\.[ch]):(?P<line>\d+):(?:\d+:)? (?:fatal )?(?P<kind>error|warning|style|performance|'
                         r'portability|information): (?P<text>.*?)(?: \[(?P<check>[^\]]*)\])?$')

    def __init__(self):
        self.all = {}
        self.broken = []

    def read(self, program, output):
        for line in output.splitlines():
            found = self.PATTERN.match(line)
            if not found:
                continue
            file = found['file'].removeprefix(os.getcwd() + '/').removeprefix('./')
            if file.startswith('/'):
                continue
            check = (found['check'] or found['kind']).replace('-Werror,', '').split(',')[0]
            self.add(program, check, file, int(found['line']), found['text'])

    def add(self, program, check, file, number, text):
        self.all.setdefault((check, file, number), (program, text))


def compiled(findings, name, command):
    """One run of a compiler, analyzer or checker for each source."""
    def one(source):
        return source, *run([*command, str(source)])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, status, output in pool.map(one, SOURCES):
            before = len(findings.all)
            findings.read(name, output)
            if status and len(findings.all) == before and not re.search(r'(?:error|warning):', output):
                findings.broken.append(f'{name} {source}: exit status {status}\n{output}')


def tidied(findings, flags):
    def one(source):
        return source, *run(['clang-tidy', '--quiet', f'--checks={TIDY}', str(source), '--', *flags])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, status, output in pool.map(one, SOURCES):
            findings.read('clang-tidy', output)
            if status and 'warning:' not in output:
                findings.broken.append(f'clang-tidy {source}: exit status {status}\n{output}')


def without_comments(text):
    """Comments and strings, blanked: lines stay where they are."""
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', lambda m: re.sub(r'[^\n]', ' ', m[0]), text, flags=re.S)


def banned(findings):
    files = [*SOURCES, *sorted(Path('include').rglob('*.h')), *sorted(Path('src').glob('*.h'))]
    for file in files:
        rules = list(BANNED)
        if file.stem.removeprefix('mtls_') in ASN1_ROOMS:
            rules.append(('asn1-string', STRINGS))
        for number, line in enumerate(without_comments(file.read_text()).splitlines(), 1):
            for check, names in rules:
                for call in re.finditer(r'(?<![\w.>])(' + names + r')\s*\(', line):
                    findings.add('banned', f'banned-{check}', str(file), number, f'{call[1]} is not called here')


def accepted_rows():
    """(check, file, part of the source line, reason) of each row."""
    rows = []
    for number, line in enumerate(ACCEPTED.read_text().splitlines(), 1):
        if not line.strip() or line.startswith('#'):
            continue
        parts = [part.strip() for part in line.split(' | ')]
        if len(parts) != 4 or not all(parts):
            sys.exit(f'{ACCEPTED}:{number}: not CHECK | FILE | PART OF THE LINE | REASON')
        rows.append(tuple(parts))
    return rows


def judge(findings):
    rows = accepted_rows()
    used, bad = set(), 0
    for (check, file, number), (program, text) in sorted(findings.all.items(), key=lambda item: (item[0][1], item[0][2])):
        source = Path(file).read_text().splitlines()
        line = source[number - 1] if number <= len(source) else ''
        fits = [row for row in rows if row[0] == check and row[1] == file and row[2] in line]
        used.update(fits)
        if not fits:
            bad += 1
            print(f'{file}:{number}: {program}: {text} [{check}]\n    {line.strip()}')
    for row in rows:
        if row not in used:
            bad += 1
            print(f'{ACCEPTED}: nothing matches this row any more: {" | ".join(row[:3])}')
    for text in findings.broken:
        bad += 1
        print(text)
    print(f'figures: {len(SOURCES)} sources, {len(findings.all)} findings, {len(used)} rows accepted, {bad} to be looked at')
    return bad


def main():
    os.chdir(Path(__file__).resolve().parent.parent)
    # What belongs to others is not analyzed.
    flags = [re.sub(r'^-I(?==?/)', '-isystem', flag) for flag in sys.argv[1:] if not re.match(r'-(?:Werror|f\w|g|pipe|O)', flag)]
    findings = Findings()
    steps = [
        ('gcc', lambda: compiled(findings, 'gcc', ['gcc', *flags, *STRICT, *GCC, '-c', '-o', '/dev/null'])),
        ('clang', lambda: compiled(findings, 'clang', ['clang', *flags, *STRICT, *CLANG, '-fsyntax-only'])),
        ('OpenSSL', lambda: compiled(findings, 'OpenSSL', ['gcc', *flags, *OPENSSL, '-fsyntax-only'])),
        ('cppcheck', lambda: compiled(findings, 'cppcheck', ['cppcheck', *CPPCHECK])),
        ('clang-tidy', lambda: tidied(findings, flags)),
        ('calls', lambda: banned(findings)),
    ]
    only = os.environ.get('ONLY', '').split()
    for name, step in steps:
        start = time.monotonic()
        if not only or name in only:
            step()
        print(f'analyze: {name}: {time.monotonic() - start:.0f} s', flush=True)
    sys.exit(1 if judge(findings) else 0)


if __name__ == '__main__':
    main()
