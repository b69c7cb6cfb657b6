package wiretest

import (
	"bytes"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/wire"
)

//go:embed testdata/botocore_driver.py
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
	lines := make([]map[string]any, len(answers))
	for i, a := range answers {
		headers := make(map[string]string)
		for name := range a.Header() {
			headers[name] = a.Header().Get(name)
		}
		lines[i] = map[string]any{"service": a.Service, "operation": a.Operation, "status": a.Code, "headers": headers, "body": a.Body.String()}
	}
	return ask[map[string]any](t, lines)
}

// Request is one request for botocore to write.
type Request struct {
	Service, Operation string
	// In is a pointer to a generated struct without blobs.
	In any
}

// Written is what botocore sends for a Request.
type Written struct {
	Body   string `json:"body"`
	Target string `json:"target"` // the header X-Amz-Target
}

// BotocoreRequests gives what botocore sends. The test is skipped where botocore is
// not installed.
func BotocoreRequests(t *testing.T, shapes *wire.Shapes, requests []Request) []Written {
	t.Helper()
	lines := make([]map[string]any, len(requests))
	for i, r := range requests {
		lines[i] = map[string]any{"service": r.Service, "operation": r.Operation, "params": Plain(shapes, r.In)}
	}
	return ask[Written](t, lines)
}

const (
	// notInstalled is the driver's exit code when it cannot import botocore.
	notInstalled = 77
	noBotocore   = "python3 with botocore is not installed, so the second client is not asked (pip install botocore)"
)

// ask sends one line per question to the driver and reads one line per answer.
func ask[T any](t *testing.T, questions []map[string]any) []T {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip(noBotocore)
	}
	program, err := driver.ReadFile("testdata/botocore_driver.py")
	if err != nil {
		t.Fatal(err)
	}
	var input, stderr bytes.Buffer
	enc := json.NewEncoder(&input)
	for _, q := range questions {
		if err := enc.Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", string(program))
	cmd.Stdin, cmd.Stderr = &input, &stderr
	output, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == notInstalled {
		t.Skip(noBotocore)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var seen []T
	for line := range strings.Lines(string(output)) {
		var v T
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, v)
	}
	if len(seen) != len(questions) {
		t.Fatalf("botocore answered %d of %d questions", len(seen), len(questions))
	}
	return seen
}

// Recorder is a recorder with a request id, as the edge would set it.
func Recorder(requestID string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	w.Header().Set("x-amzn-RequestId", requestID)
	return w
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
