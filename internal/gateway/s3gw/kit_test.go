package s3gw

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/gateway/gatewaytest"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/object"
)

func TestGatewayKit(t *testing.T) {
	var store *counting
	request := func(method, target string) func(string) *http.Request {
		return func(base string) *http.Request {
			r, err := http.NewRequest(method, base+target, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
	}
	gatewaytest.Run(t, gatewaytest.Target{
		Service:   "s3",
		RequestID: "X-Amz-Request-Id",
		New: func(t *testing.T, f gatewaytest.Fakes) http.Handler {
			store = newStore(t)
			ctx := context.Background()
			if err := store.CreateBucket(ctx, object.Bucket{Name: "kit", Account: gatewaytest.Account, Region: gatewaytest.Region, Created: f.Now()}); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Put(ctx, "kit", "key", strings.NewReader("data"), object.PutOptions{Size: 4}); err != nil {
				t.Fatal(err)
			}
			g, err := New(Config{
				Store: store, Identify: f.Callers, Decide: f.Decider, Audit: f.Events, Region: gatewaytest.Region,
				Account: gatewaytest.Account, IAM: func() iam.Snapshot { return people{} }, Sealer: gatewaytest.Sealer{},
			})
			if err != nil {
				t.Fatal(err)
			}
			return g
		},
		Known: request(get, "/kit/key"),
		Unknown: func(base string) map[string]*http.Request {
			return map[string]*http.Request{
				"an unknown sub-resource":    request(put, "/kit/key?florbish")(base),
				"an unknown bucket setting":  request(put, "/kit?florbish")(base),
				"two sub-resources":          request(get, "/kit?acl&policy")(base),
				"an unknown method":          request("PATCH", "/kit/key")(base),
				"a sub-resource in capitals": request(get, "/kit/key?ACL")(base),
				"a key given twice":          request(get, "/kit/key?versionId=a&versionId=b")(base),
				"an unknown header of a write": func() *http.Request {
					r := request(put, "/kit/key")(base)
					r.Header.Set("X-Amz-Write-Offset-Bytes", "4")
					return r
				}(),
			}
		},
		Touched: func() int {
			if store == nil {
				return 0
			}
			return int(store.n.Load())
		},
	})
}
