package s3gw

import (
	"testing"
	"time"
)

func TestTimesAreWrittenAsFormatted(t *testing.T) {
	d := &doc{} // one for all, as in a listing
	for _, at := range []time.Time{
		now(), now().Add(-time.Nanosecond), now().Add(19 * time.Hour), time.Unix(0, 0), time.Unix(-1, 999_000_000), time.Date(1969, 12, 30, 1, 2, 3, 4e6, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC), time.Date(1999, 12, 31, 23, 59, 59, 999_999_999, time.FixedZone("WIB", 7*3600)), time.Unix(0, 1_000_000).UTC(),
	} {
		d.b = d.b[:0]
		d.time("T", at)
		if got, want := string(d.b), "<T>"+at.UTC().Format("2006-01-02T15:04:05.000Z")+"</T>"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
