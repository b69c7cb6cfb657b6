package caller

import (
	"slices"

	"github.com/rockpool-id/rockpool/sigv4"
)

// The regions that SDKs sign with when they think of a service as global.
const (
	usEast1   = "us-east-1"
	awsGlobal = "aws-global"
)

// globalRegions adds them to the regions of the installation.
func globalRegions(regions []string) []string {
	all := slices.Clone(regions)
	for _, r := range []string{usEast1, awsGlobal} {
		if !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	return all
}

// verifier returns what a signature for a service must be scoped to: the regions
// of the installation; for STS the global ones too; for IAM any region, because
// SDKs with an endpoint of their own sign it with whatever they were configured
// for (iam-sts.md 4.1, 5.1).
func (c *Resolver) verifier(service, scopeRegion string) *sigv4.Verifier {
	v := &sigv4.Verifier{Now: c.cfg.Now, Regions: c.cfg.Regions, Services: []string{service}, MaxSkew: c.cfg.MaxSkew}
	switch service {
	case "sts":
		v.Regions = c.global
	case "iam":
		v.Regions = []string{scopeRegion}
	}
	return v
}
