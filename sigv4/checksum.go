package sigv4

const checksumPrefix = "x-amz-checksum-"
