package awsquery_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awsquery"
	"github.com/rockpool-id/rockpool/internal/wire/iamwire"
	"github.com/rockpool-id/rockpool/internal/wire/wiretest"
)

// TestBotocoreReadsEveryMember sends every filled output of IAM and STS through
// botocore. Unlike the Go SDK it minds the letter case of XML names, so a name in
// the wrong case would vanish there and nowhere else.
func TestBotocoreReadsEveryMember(t *testing.T) {
	python := findBotocore(t)
	shapes := new(wire.Shapes)

	type line struct {
		Service   string `json:"service"`
		Operation string `json:"operation"`
		Status    int    `json:"status"`
		Body      string `json:"body"`
	}
	var input bytes.Buffer
	enc := json.NewEncoder(&input)
	var sent []any
	var names []string
	for _, op := range operations() {
		var out any
		if op.info.Output {
			out = op.newOutput()
			wiretest.Fill(shapes, out)
		}
		body := awsquery.Encode(nil, shapes, op.service.Namespace, op.info.Name, "req-1", out)
		if err := enc.Encode(line{op.service.Name, op.info.Name, 200, string(body)}); err != nil {
			t.Fatal(err)
		}
		sent, names = append(sent, out), append(names, op.info.Name)
	}
	w := httptest.NewRecorder()
	awsquery.WriteError(w, iamwire.Service().Namespace, "req-1", iamwire.NoSuchEntityException("The role with name <R> cannot be found."))
	if err := enc.Encode(line{"iam", "GetRole", w.Code, w.Body.String()}); err != nil {
		t.Fatal(err)
	}

	cmd := exec.Command(python, "testdata/botocore_parse.py")
	cmd.Stdin = &input
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	answer, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(string(answer)), "\n")
	if len(lines) != len(sent)+1 {
		t.Fatalf("%d answers to %d cases", len(lines), len(sent)+1)
	}
	for i, out := range sent {
		var got map[string]any
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil {
			t.Fatal(err)
		}
		if id := got["ResponseMetadata"].(map[string]any)["RequestId"]; id != "req-1" {
			t.Errorf("%s: request id %v", names[i], id)
		}
		delete(got, "ResponseMetadata")
		want := map[string]any{}
		if out != nil {
			want = plainStruct(shapes, reflect.ValueOf(out).Elem())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: botocore sees something else (-sent +seen)\n%s", names[i], diff)
		}
	}
	var failure struct{ Error map[string]any }
	if err := json.Unmarshal([]byte(lines[len(sent)]), &failure); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"Code": "NoSuchEntity", "Message": "The role with name <R> cannot be found.", "Type": "Sender"}
	if diff := cmp.Diff(want, failure.Error); diff != "" {
		t.Error(diff)
	}
}

func findBotocore(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if path, err := exec.LookPath(name); err == nil && exec.Command(path, "-c", "import botocore").Run() == nil {
			return path
		}
	}
	t.Skip("python3 with botocore is not installed, so the second client is not asked (pip install botocore)")
	return ""
}

// plainStruct gives a shape as JSON values, as botocore would see it.
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
