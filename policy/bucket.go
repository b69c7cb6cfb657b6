package policy

import "strings"

// CheckBucket checks a bucket policy against its bucket: every action is
// S3's, every resource is the bucket or inside it, and every action written
// without wildcards has a resource it can apply to (spec/gateways.md 1.9).
// The error is an *Error with S3's sentence.
func (d *Document) CheckBucket(bucket string) error {
	for i := range d.statements {
		if err := checkBucketStatement(&d.statements[i], bucket); err != nil {
			return err
		}
	}
	return nil
}

func checkBucketStatement(s *Statement, bucket string) error {
	fail := func(v Value, message, detail string) error {
		return &Error{Kind: Resource, Message: message, Line: v.Position.Line, Column: v.Position.Column, Detail: detail}
	}
	for _, a := range s.Actions {
		vendor, _, _ := strings.Cut(a.Text, ":")
		if a.Text != "*" && !strings.EqualFold(vendor, "s3") {
			return fail(a, s3BadAction, "action "+shorten(a.Text)+" is not S3's")
		}
	}
	onBucket, onObjects := false, false
	for _, r := range s.Resources {
		f, ok := splitARN(r.Text)
		rest, found := strings.CutPrefix(f[4], bucket)
		if !ok || !found || f[1] != "s3" || f[2] != "" || f[3] != "" || rest != "" && !strings.ContainsAny(rest[:1], "/*?") {
			return fail(r, s3BadResource, "resource "+shorten(r.Text)+" is not in bucket "+bucket)
		}
		onBucket = onBucket || !strings.Contains(rest, "/")
		onObjects = onObjects || rest != ""
	}
	if s.NotAction || s.NotResource {
		return nil
	}
	for _, a := range s.Actions {
		if strings.ContainsAny(a.Text, "*?") {
			continue
		}
		if object := objectAction(a.Text); object && !onObjects || !object && !onBucket {
			return fail(a, "Action does not apply to any resource(s) in statement", "action "+shorten(a.Text))
		}
	}
	return nil
}

// objectAction reports whether an S3 action is about an object rather than a
// bucket.
func objectAction(action string) bool {
	_, name, _ := strings.Cut(strings.ToLower(action), ":")
	switch name {
	case "abortmultipartupload", "listmultipartuploadparts", "restoreobject", "bypassgovernanceretention", "initiatereplication":
		return true
	}
	for _, prefix := range []string{"getobject", "putobject", "deleteobject", "updateobject", "replicate", "objectowner"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
