#!/usr/bin/env bash
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# run.sh [TARGET...]   each fuzz target (all of them) for TIME seconds, beginning with the corpus in the tree and what
# earlier runs have found. BUILD is where the programs are, SEED makes a run repeat another one (0: by chance). Fails when
# something was found: it is in BUILD/found.
set -u
cd "$(dirname "$0")/../.."
: "${BUILD:?}" "${TIME:=60}" "${SEED:=0}"
known=(cert list names rule)

# A single input may take ten seconds on a busy machine.
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
mkdir -p "$BUILD/found"
failed=0

# A figure that libFuzzer prints at the end.
figure() { sed -n "s/^stat::$1: *//p" "$log"; }

printf '%-8s %12s %9s %9s %9s %s\n' target inputs seconds edges corpus result
for target in ${*:-${known[@]}}; do
    corpus=$BUILD/corpus/$target log=$BUILD/$target.log
    dictionary=t/fuzz/$target.dict
    mkdir -p "$corpus"
    begun=$SECONDS
    nice -n 19 "$BUILD/fuzz_$target" -max_total_time="$TIME" -seed="$SEED" -timeout=10 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 \
        -artifact_prefix="$BUILD/found/$target-" $([ ! -e "$dictionary" ] || echo "-dict=$dictionary") \
        "$corpus" "t/fuzz/corpus/$target" >"$log" 2>&1
    result=$?
    last=$(grep -a 'cov: ' "$log" | tail -n 1)
    [ $result = 0 ] || failed=1
    printf '%-8s %12s %9s %9s %9s %s\n' "$target" "$(figure number_of_executed_units)" $((SECONDS - begun)) \
        "$(sed 's/.*cov: \([0-9]*\).*/\1/' <<<"$last")" "$(sed 's/.*corp: \([0-9]*\).*/\1/' <<<"$last")" \
        "$([ $result = 0 ] && echo "nothing found, slowest input $(figure slowest_unit_time_sec) s" || echo "FOUND: see $log")"
    [ $result = 0 ] || grep -aE 'ERROR|runtime error|fuzz_[a-z]*\.c:|Test unit written' "$log" | head -n 8
done
exit $failed
