# shellcheck shell=bash
# What every script of the AWS CLI suite uses. Sourced, never run.
#
# conformance/run gives: ROCKPOOL_ENDPOINT, ROCKPOOL_GOOGLE, ROCKPOOL_CLIENT_ID,
# ROCKPOOL_ACCOUNT, ROCKPOOL_ROOT_KEY, ROCKPOOL_ROOT_SECRET, AWS_CLI and a
# scratch folder SCRATCH. A failed check is printed and counted and the script
# goes on; only what everything after depends on stops it (need).
set -uo pipefail

passed=0 failed=0
out="$SCRATCH/out" err="$SCRATCH/err"

# aws runs the AWS CLI as whoever the environment says, against the server.
# Debian's awscli does not know AWS_ENDPOINT_URL, so the flag it is.
aws() { "$AWS_CLI" --endpoint-url "$ROCKPOOL_ENDPOINT" "$@"; }

# root runs a command with the key of the account root.
root() {
    AWS_ACCESS_KEY_ID=$ROCKPOOL_ROOT_KEY AWS_SECRET_ACCESS_KEY=$ROCKPOOL_ROOT_SECRET AWS_SESSION_TOKEN='' "$@"
}

# anonymous runs a command without any key, as websites call the unsigned
# operations.
anonymous() { AWS_ACCESS_KEY_ID='' AWS_SECRET_ACCESS_KEY='' AWS_SESSION_TOKEN='' "$@"; }

good() { passed=$((passed + 1)); echo "  ok    $1"; }
bad() {
    failed=$((failed + 1))
    echo "  FAIL  $1"
    shift
    printf '        %s\n' "$@"
}

# ok WHAT COMMAND...: the command succeeds.
ok() {
    local what=$1 rc=0
    shift
    "$@" >"$out" 2>"$err" || rc=$?
    if [ "$rc" -eq 0 ]; then good "$what"; else bad "$what" "exit $rc: $(tr '\n' ' ' <"$err")"; fi
    return "$rc"
}

# need is ok for what the rest of the script cannot do without.
need() { ok "$@" || finish; }

# is WHAT WANT GOT: two texts are equal.
is() {
    if [ "$2" = "$3" ]; then good "$1"; else bad "$1" "want: $2" "got:  $3"; fi
}

# has WHAT WANT TEXT: the text contains what is wanted.
has() {
    case $3 in *"$2"*) good "$1" ;; *) bad "$1" "want part: $2" "got:       $3" ;; esac
}

# prints WHAT WANT COMMAND...: the command succeeds and prints exactly this.
prints() {
    local what=$1 want=$2 rc=0 got
    shift 2
    got=$("$@" 2>"$err") || rc=$?
    if [ "$rc" -ne 0 ]; then
        bad "$what" "exit $rc: $(tr '\n' ' ' <"$err")"
    else
        is "$what" "$want" "$got"
    fi
}

# refused WHAT EXIT MESSAGE COMMAND...: the command fails with this exit code
# and prints exactly this sentence on standard error.
refused() {
    local what=$1 code=$2 want=$3 rc=0 got
    shift 3
    "$@" >"$out" 2>"$err" || rc=$?
    got=$(sed -e '/^$/d' "$err")
    if [ "$rc" -ne "$code" ]; then
        bad "$what" "exit $rc, want $code" "stderr: $got" "want:   $want"
    else
        is "$what" "$want" "$got"
    fi
}

# error CODE OPERATION MESSAGE: the sentence the CLI makes of an error answer.
error() { echo "An error occurred ($1) when calling the $2 operation: $3"; }

# token PERSON [CLIENT-ID]: a login token of the pretend Google.
token() {
    curl -sSf -d "client_id=${2:-$ROCKPOOL_CLIENT_ID}" -d "person=$1" "$ROCKPOOL_GOOGLE/pretend/token" |
        sed -n 's/.*"id_token": *"\([^"]*\)".*/\1/p'
}

# forged TOKEN: the token with another signature, in the same form.
forged() {
    local signature=${1##*.} first=A
    [ "${signature:0:1}" != A ] || first=B
    echo "${1%.*}.$first${signature:1}"
}

# field FILE NAME: a string member of the JSON the CLI prints.
field() { sed -n "s/.*\"$2\": *\"\([^\"]*\)\".*/\1/p" "$1" | head -n 1; }

# finish prints the totals and ends the script.
finish() {
    echo "passed $passed failed $failed"
    [ "$failed" -eq 0 ] && exit 0
    exit 1
}
