package sqlite_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/fair"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite"
)

// BenchmarkAddDecisions writes ordinary records, alone and in batches as large as
// a busy keeper makes them. The figure is that of one record.
func BenchmarkAddDecisions(b *testing.B) {
	document := []byte(`{"requestId":"` + strings.Repeat("x", 1500) + `"}`)
	for _, size := range []int{1, 64} {
		b.Run(fmt.Sprint("batch=", size), func(b *testing.B) {
			db, err := sqldb.Open(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() {
				if err := db.Close(); err != nil {
					b.Error(err)
				}
			})
			s, err := sqlite.OpenDecisions(b.Context(), db)
			if err != nil {
				b.Fatal(err)
			}
			rows := make([]decision.Row, 0, size)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				rows = append(rows, decision.Row{
					Place: decision.Place{Account: "000000000000", RequestID: fmt.Sprint(i), Time: time.UnixMilli(int64(i))},
					Class: fair.ClassOf("pool", "people", fmt.Sprint(i%100)), Caller: "arn:aws:sts::000000000000:assumed-role/Reader/CognitoIdentityCredentials",
					Person: "us-east-1:00000000-0000-4000-8000-000000000000", Action: "s3:getobject", Resource: "arn:aws:s3:::pictures/2026/" + fmt.Sprint(i),
					Document: document,
				})
				if len(rows) < size && i < b.N-1 {
					continue
				}
				if err := s.AddDecisions(b.Context(), rows); err != nil {
					b.Fatal(err)
				}
				rows = rows[:0]
			}
		})
	}
}
