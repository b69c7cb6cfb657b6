package pool

// Sessions is what a pool needs of package sts.
type Sessions interface{}
