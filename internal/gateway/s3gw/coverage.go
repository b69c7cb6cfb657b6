package s3gw

// Coverage names every operation of the table and says whether it runs here; an
// operation that does not is recognized and refused. docs/coverage.md is held
// against it.
func Coverage() map[string]bool {
	runs := make(map[string]bool)
	for _, op := range operations() {
		runs[op.name] = op.run != nil
	}
	return runs
}
