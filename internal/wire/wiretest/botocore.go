package wiretest

import (
	"bytes"
	"embed"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/wire"
)

//go:embed testdata/botocore_parse.py
var driver embed.FS

// Answer is one answer of a server, for botocore to read.
type Answer struct {
	// Service is botocore's name of the service.
	Service, Operation string
	*httptest.ResponseRecorder
}

// Botocore reads answers with botocore, the client behind the AWS CLI and boto3,
// and gives what it sees: times as ISO 8601, blobs as base64. It minds what the Go
// SDK forgives, such as the letter case of XML names. The test is skipped with a
// message where botocore is not installed.
func Botocore(t *testing.T, answers []Answer) []map[string]any {
	t.Helper()
	python := findBotocore(t)
	program, err := driver.ReadFile("testdata/botocore_parse.py")
	if err != nil {
		t.Fatal(err)
	}
	var input bytes.Buffer
	enc := json.NewEncoder(&input)
	for _, a := range answers {
		headers := make(map[string]string)
		for name := range a.Header() {
			headers[name] = a.Header().Get(name)
		}
		line := map[string]any{"service": a.Service, "operation": a.Operation, "status": a.Code, "headers": headers, "body": a.Body.String()}
		if err := enc.Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), python, "-c", string(program))
	cmd.Stdin, cmd.Stderr = &input, &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var seen []map[string]any
	for line := range strings.Lines(string(output)) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, m)
	}
	if len(seen) != len(answers) {
		t.Fatalf("botocore read %d of %d answers", len(seen), len(answers))
	}
	return seen
}

// Recorder is a recorder with a request id, as the edge would set it.
func Recorder(requestID string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	w.Header().Set(http.CanonicalHeaderKey("x-amzn-RequestId"), requestID)
	return w
}

func findBotocore(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if path, err := exec.LookPath(name); err == nil && exec.CommandContext(t.Context(), path, "-c", "import botocore").Run() == nil {
			return path
		}
	}
	t.Skip("python3 with botocore is not installed, so the second client is not asked (pip install botocore)")
	return ""
}

// Plain gives v, a pointer to a generated struct, as the JSON values that Botocore
// would give for it. It gives an empty map for nil.
func Plain(shapes *wire.Shapes, v any) map[string]any {
	if v == nil {
		return map[string]any{}
	}
	return plainStruct(shapes, reflect.ValueOf(v).Elem())
}

func plainStruct(shapes *wire.Shapes, v reflect.Value) map[string]any {
	m := make(map[string]any)
	d := shapes.Of(v.Type())
	for i := range d.Fields {
		fv := v.Field(d.Fields[i].Index)
		if fv.IsNil() {
			continue
		}
		if d.Fields[i].Value.Pointer {
			fv = fv.Elem()
		}
		m[d.Fields[i].Name] = plainValue(shapes, &d.Fields[i].Value, fv)
	}
	return m
}

func plainValue(shapes *wire.Shapes, d *wire.Value, v reflect.Value) any {
	switch d.Kind {
	case wire.Integer:
		return float64(v.Int())
	case wire.Boolean:
		return v.Bool()
	case wire.Timestamp:
		return v.Interface().(time.Time).Format("2006-01-02T15:04:05Z")
	case wire.Blob:
		return base64.StdEncoding.EncodeToString(v.Bytes())
	case wire.List:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = plainValue(shapes, d.Elem, v.Index(i))
		}
		return list
	case wire.Map:
		m := make(map[string]any)
		for iter := v.MapRange(); iter.Next(); {
			m[iter.Key().String()] = plainValue(shapes, d.Elem, iter.Value())
		}
		return m
	case wire.Structure:
		return plainStruct(shapes, v)
	default:
		return v.String()
	}
}
