//go:build race

package s3gw

// raceEnabled says that the race detector adds allocations of its own.
const raceEnabled = true
