#!/usr/bin/env bash
# The commands that `rockpool demo` prints, as a person copies them.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

sed -n '/^  1\. /,/^Ctrl-C/p' "$ROCKPOOL_DEMO_WELCOME" | grep -Ev '^  [0-9]+\. |^Ctrl-C' >"$SCRATCH/commands"
need "the demo prints commands" test -s "$SCRATCH/commands"
(
    cd "$SCRATCH" || exit
    # A fresh terminal has no keys, and knows no server.
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_DEFAULT_REGION AWS_REGION ROCKPOOL_ENDPOINT
    aws() { "$AWS_CLI" "$@"; }
    # shellcheck source=/dev/null
    . ./commands
) >"$SCRATCH/told" 2>"$SCRATCH/complaints"
told=$(cat "$SCRATCH/told") complaints=$(sed '/^$/d' "$SCRATCH/complaints")
has "the administrator sees the pool" '"IdentityPoolName": "private-bucket-pool"' "$told"
has "the person lists the pictures" "sea-urchin.jpg" "$told"
has "the administrator reads why" "Closest is ReadPrivateBucket" "$told"
is "and is refused the rest, once" "fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden" "$complaints"
finish
