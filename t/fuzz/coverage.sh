#!/usr/bin/env bash
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# coverage.sh   which lines of the rooms that read certificates, lists and names, match them and write headers are reached by
# the unit programs and the corpora together, also those of earlier runs of "fuzz". BUILD has been built for it. Fails where
# all of them, or one of the rooms that decide and write, are under LEAST per cent.
set -eu
cd "$(dirname "$0")/../.."
: "${BUILD:?}" "${LEAST:=0}" "${FOUND:=}"
profiles=$BUILD/profiles
rm -rf "$profiles"
mkdir -p "$profiles"
export LLVM_PROFILE_FILE=$profiles/%p.raw

programs=()
for program in "$BUILD"/unit/test_*; do
    [[ $program == *.[od] ]] || programs+=("$program")
done
for program in "${programs[@]}"; do
    "$program" >/dev/null 2>&1 || echo "coverage.sh: $program failed" >&2
done
for target in cert list names rule; do
    find t/fuzz/corpus/$target ${FOUND:+"$FOUND/$target"} -type f -print0 | xargs -0 "$BUILD/replay/$target" >/dev/null
    programs+=("$BUILD/replay/$target")
done

llvm-profdata merge -sparse -o "$profiles/all" "$profiles"/*.raw
objects=()
for program in "${programs[@]:1}"; do objects+=(-object "$program"); done
read_by=(src/mtls_{cert,field,reading,x509,san,spiffe,extension,connection,der,dn,dn_parse,dn_print,text,time,type,oid,operand,name}.c
         src/mtls_{match,relation,glob,pem,format,format_dn,format_octets,format_text,header,header_name,profile,render,guard}.c
         src/mtls_{index,index_make,list_lines,list_crl,path}.c)
llvm-cov export -summary-only -instr-profile="$profiles/all" "${programs[0]}" "${objects[@]}" "${read_by[@]}" |
    /usr/bin/python3 -c '
import json, sys
data = json.load(sys.stdin)["data"][0]
rooms = {"cert": "field reading x509 san spiffe extension connection cert", "match": "match relation glob pem",
         "header": "header header_name profile render parts guard"}
for file in data["files"] + [{"filename": "all of them", "summary": data["totals"]}]:
    lines, branches = file["summary"]["lines"], file["summary"]["branches"]
    print("%-28s %5d lines %6.1f %%   %5d branches %6.1f %%" % (file["filename"].split("/")[-1], lines["count"], lines["percent"],
                                                           branches["count"], branches["percent"]))
least = data["totals"]["lines"]["percent"]
for room, files in rooms.items():
    lines = [f["summary"]["lines"] for f in data["files"] if f["filename"].split("/mtls_")[-1][:-2] in files.split()]
    percent = 100 * sum(l["covered"] for l in lines) / sum(l["count"] for l in lines)
    print("figures: room %-8s %5d lines %6.1f %%" % (room, sum(l["count"] for l in lines), percent))
    least = min(least, percent)
print("figures: all of them   %5d lines %6.1f %%" % (data["totals"]["lines"]["count"], data["totals"]["lines"]["percent"]))
sys.exit(least < float(sys.argv[1]))' "$LEAST"
