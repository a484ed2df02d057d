#!/usr/bin/env bash
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# t/assurance/run.sh     everything that takes hours, one part after the other; PARTS="soak fuzz": some of it.
#
# A part that fails does not keep the others from running. $BUILD/assurance/PART.log has all that a part has said,
# $BUILD/assurance/summary a line for each: its verdict, its minutes, and those of its lines that begin with "figures:",
# else its last one.
set -uo pipefail
cd "$(dirname "$0")/../.."
export BUILD LC_ALL=C.UTF-8
: "${BUILD:=build}" "${PARTS:=}"

# What is run, how many minutes it takes on two cores that do nothing else, and the target of Makefile.apxs with its
# variables. One that takes more than three times as long hangs, and is ended. Variables given to "make assurance" win.
table="
coverage    5    coverage LEAST=95
analyze    20    analyze
emulated   15    emulated
mpms       30    test-mpms TESTS=-v
sanitize   10    sanitize
tsan       20    tsan TIME=${TIME:-600}
memcheck   40    memcheck REQUESTS=${REQUESTS:-50000}
pools      15    pools
hostile    30    test TESTS=t/29facts.t MTLS_HOSTILE=${MTLS_HOSTILE:-20000}
reloads    10    test-all TESTS=t/all/45reloads.t MTLS_RELOADS=${MTLS_RELOADS:-10000}
faults    220    faults
mutate     60    mutate
soak      125    soak MINUTES=${MINUTES:-120}
fuzz      490    fuzz TIME=${TIME:-7200}
"

known=$(awk 'NF { print $1 }' <<<"$table")
for part in $PARTS; do
    grep -qx -- "$part" <<<"$known" || { echo "t/assurance/run.sh: there is no part '$part':" $known >&2; exit 2; }
done

directory=$BUILD/assurance
mkdir -p "$directory"
summary=$directory/summary
printf '%s, %s, %s\n' "$(git describe --always --dirty 2>/dev/null || echo 'no commit')" "$(date -u '+%F %R UTC')" \
    "$(nproc) cores" >"$summary"

# What a run of the part has to tell, from its log.
figures() { grep -a '^figures:' "$1" | sed 's/^figures: */    /' || tail -n 1 "$1" | sed 's/^/    /'; }

# The part's own words: make is not to hear of the variables of the make that has called us.
run_part() {
    local minutes=$1
    shift
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL YES=1 nice -n 19 \
        timeout --kill-after=60 $((3 * minutes))m make --no-print-directory -f Makefile.apxs "$@"
}

failed=0
while read -r part minutes goals; do
    [ -n "$part" ] && [[ -z $PARTS || " $PARTS " == *" $part "* ]] || continue
    echo "== $part, about $minutes minutes: make $goals"
    begun=$SECONDS log=$directory/$part.log
    run_part "$minutes" $goals BUILD="$BUILD" </dev/null >"$log" 2>&1
    status=$?
    case $status in 0) verdict=passed ;; 124|137) verdict=ENDED ;; *) verdict=FAILED ;; esac
    [ $status = 0 ] || failed=1
    { printf '%-10s %-7s %6.1f minutes\n' "$part" $verdict "$(((SECONDS - begun) * 10 / 60))e-1"; figures "$log"; } |
        tee -a "$summary"
done <<<"$table"
exit $failed
