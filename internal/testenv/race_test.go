//go:build race

package testenv_test

const raceDetector = true
