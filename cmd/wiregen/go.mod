module github.com/rockpool-id/rockpool/cmd/wiregen

go 1.26.0

// Read as data and imported by nothing, so go mod tidy would drop it: do not run it here.
require github.com/aws/aws-sdk-go v1.55.8
