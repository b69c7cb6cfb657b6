package decision

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// MaxPage is how many records a list has at most.
const MaxPage = 1000

// List returns the records that a query asks for, the newest first, with everything
// that was kept before the call. It returns Limit records or fewer: MaxPage when it
// is 0 or more.
func (k *Keeper) List(ctx context.Context, q Query) ([]*Record, error) {
	k.flush(ctx)
	q.Principal, q.Resource = beginning(callerOf(q.Principal)), beginning(q.Resource)
	q.Action = beginning(strings.ToLower(q.Action))
	if q.Limit <= 0 || q.Limit > MaxPage {
		q.Limit = MaxPage
	}
	rows, err := k.cfg.Store.ListDecisions(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("list decisions: %w", err)
	}
	records := make([]*Record, 0, len(rows))
	for _, row := range rows {
		r, err := decode(row.Document)
		if err != nil {
			return nil, fmt.Errorf("list decisions: %s: %w", row.RequestID, err)
		}
		records = append(records, r)
	}
	return records, nil
}

// Place is where a record stands in lists. Stores know milliseconds.
func (r *Record) Place() Place {
	return Place{Time: r.Time.UTC().Truncate(time.Millisecond), Account: r.Account, RequestID: r.RequestID, Seq: r.Seq}
}

// beginning takes off the star that people write at the end of a prefix.
func beginning(s string) string { return strings.TrimSuffix(s, "*") }

// callerOf turns the ARN of a role into what its sessions' ARNs begin with.
func callerOf(principal string) string {
	account, name, ok := strings.Cut(principal, ":role/")
	account, found := strings.CutPrefix(account, "arn:aws:iam::")
	if !ok || !found {
		return principal
	}
	return "arn:aws:sts::" + account + ":assumed-role/" + name[strings.LastIndexByte(name, '/')+1:] + "/"
}
