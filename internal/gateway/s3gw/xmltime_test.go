package s3gw

import (
	"testing"
	"time"
)

func TestTimesAreWrittenAsFormatted(t *testing.T) {
	for _, at := range []time.Time{
		now(), time.Date(1999, 12, 31, 23, 59, 59, 999_999_999, time.FixedZone("WIB", 7*3600)), time.Unix(0, 1_000_000).UTC(),
	} {
		d := &doc{}
		d.time("T", at)
		if got, want := string(d.b), "<T>"+at.UTC().Format("2006-01-02T15:04:05.000Z")+"</T>"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
