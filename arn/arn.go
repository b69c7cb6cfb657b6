package arn

import (
	"fmt"
	"strings"
)

// ARN is a parsed Amazon Resource Name. Resource keeps every byte after the
// fifth colon, including further colons and slashes.
type ARN struct {
	Partition, Service, Region, Account, Resource string
}

// Parse splits s on its first five colons. It fails when s does not start with
// "arn:" or has fewer than six fields; no field's content is judged.
func Parse(s string) (ARN, error) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return ARN{}, fmt.Errorf("arn: %q is not of the form arn:partition:service:region:account:resource", s)
	}
	return ARN{parts[1], parts[2], parts[3], parts[4], parts[5]}, nil
}

// String prints the ARN in the form Parse reads.
func (a ARN) String() string {
	return "arn:" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + a.Resource
}
