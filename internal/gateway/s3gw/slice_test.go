package s3gw

import (
	"strings"
	"testing"
)

func TestPutGetList(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("pictures")
	e.put("/pictures/a/cat.jpg", "meow")
	e.put("/pictures/a/dog.jpg", "woof!")
	e.put("/pictures/b.txt", "b")

	got := e.must(e.root, request{method: get, target: "/pictures/a/cat.jpg"})
	if got.body != "meow" || got.header.Get("Etag") != `"4a4be40c96ac6314e91d93f38043a634"` {
		t.Errorf("got %q %v", got.body, got.header)
	}
	list := e.must(e.root, request{method: get, target: "/pictures?list-type=2&delimiter=%2F"})
	for _, want := range []string{"<Key>b.txt</Key>", "<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>", "<KeyCount>2</KeyCount>", "<IsTruncated>false</IsTruncated>"} {
		if !strings.Contains(list.body, want) {
			t.Errorf("listing lacks %s:\n%s", want, list.body)
		}
	}
	if all := e.must(e.root, request{method: get, target: "/"}); !strings.Contains(all.body, "<Name>pictures</Name>") {
		t.Errorf("bucket list:\n%s", all.body)
	}
}
