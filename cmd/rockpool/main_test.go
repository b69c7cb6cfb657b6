package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rockpool-id/rockpool/internal/testenv"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"rockpool": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
			stop()
			os.Exit(code)
		},
	})
}

// TestScripts drives the real program. Beside the usual commands the scripts
// know:
//
//	start ARG…          runs rockpool ARG… and waits until it serves; sets $URL
//	story               waits until the demo has told its story, and prints it
//	stop [SIGNAL]       sends the signal (default TERM) and waits; for TERM and
//	                    INT the program must exit with 0
//	call SERVICE METHOD PATH [FILE]
//	                    sends a request signed with the key of $CALL_KEY_ID and
//	                    $CALL_SECRET, else with the root key of the environment;
//	                    prints status, headers and body
//	capture NAME REGEXP sets $NAME to what the group of the expression matches in
//	                    the output of the last command
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("ROCKPOOL_ROOT_ACCESS_KEY_ID", testenv.RootKeyID)
			e.Setenv("ROCKPOOL_ROOT_SECRET_ACCESS_KEY", testenv.RootSecret)
			p := &program{}
			e.Values[programKey{}] = p
			e.Defer(p.kill)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": start, "story": story, "stop": stop, "call": call, "capture": capture,
		},
	})
}

type programKey struct{}

// program is the rockpool process of a script.
type program struct {
	cmd    *exec.Cmd
	exited chan error
	told   chan struct{} // closed when the demo has told its story, or ended
	mu     sync.Mutex
	log    bytes.Buffer
	story  bytes.Buffer
}

func (p *program) kill() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill() // it may have exited already
		<-p.exited
		p.cmd = nil
	}
}

func start(ts *testscript.TestScript, neg bool, args []string) {
	p := ts.Value(programKey{}).(*program)
	if neg || p.cmd != nil {
		ts.Fatalf("usage: start ARG…, once at a time")
	}
	path, err := exec.LookPath("rockpool")
	if err != nil {
		// testscript puts its commands into the script's PATH only.
		for _, dir := range strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator)) {
			if _, statErr := os.Stat(dir + "/rockpool"); statErr == nil {
				path, err = dir+"/rockpool", nil
				break
			}
		}
	}
	ts.Check(err)
	cmd := exec.Command(path, args...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "ROCKPOOL_ROOT_ACCESS_KEY_ID", "ROCKPOOL_ROOT_SECRET_ACCESS_KEY", "ROCKPOOL_ACCOUNT_ID", "ROCKPOOL_REGION", "ROCKPOOL_CONFIG", "ROCKPOOL_AUDIT", "XDG_RUNTIME_DIR"} {
		if v := ts.Getenv(name); v != "" {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	stderr, err := cmd.StderrPipe()
	ts.Check(err)
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	p.cmd, p.exited, p.told = cmd, make(chan error, 1), make(chan struct{})
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.listen(stdout)
	}()
	serving := make(chan string, 1)
	go func() {
		defer close(serving)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			p.mu.Lock()
			fmt.Fprintln(&p.log, lines.Text())
			p.mu.Unlock()
			var entry struct{ Msg, URL string }
			if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "serving" {
				serving <- entry.URL
			}
		}
		_, _ = io.Copy(io.Discard, stderr)
		<-read
		p.exited <- cmd.Wait()
	}()
	url, ok := <-serving
	if !ok {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.cmd = nil
		ts.Fatalf("rockpool %v ended before it served:\n%s", args, p.log.String())
	}
	ts.Setenv("URL", url)
	ts.Setenv("ADDR", strings.TrimPrefix(url, "http://"))
}

// listen keeps what the program says on standard output.
func (p *program) listen(stdout io.Reader) {
	told := sync.OnceFunc(func() { close(p.told) })
	defer told()
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		p.mu.Lock()
		fmt.Fprintln(&p.story, lines.Text())
		p.mu.Unlock()
		if strings.HasPrefix(lines.Text(), "Ctrl-C") {
			told()
		}
	}
}

func story(ts *testscript.TestScript, neg bool, args []string) {
	p := ts.Value(programKey{}).(*program)
	if neg || p.cmd == nil || len(args) > 0 {
		ts.Fatalf("usage: story, after start demo")
	}
	<-p.told
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprint(ts.Stdout(), p.story.String())
}

func stop(ts *testscript.TestScript, neg bool, args []string) {
	p := ts.Value(programKey{}).(*program)
	if neg || p.cmd == nil || len(args) > 1 {
		ts.Fatalf("usage: stop [SIGNAL], after start")
	}
	sig := map[string]os.Signal{"TERM": syscall.SIGTERM, "INT": os.Interrupt, "KILL": os.Kill}[append(args, "TERM")[0]]
	ts.Check(p.cmd.Process.Signal(sig))
	err := <-p.exited
	p.cmd = nil
	p.mu.Lock()
	defer p.mu.Unlock()
	ts.Logf("%s", p.log.String())
	ts.Check(os.WriteFile(ts.MkAbs("log"), p.log.Bytes(), 0o600))
	var exit *exec.ExitError
	if sig != os.Kill && errors.As(err, &exit) {
		ts.Fatalf("exit: %v", err)
	}
}

func call(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: call SERVICE METHOD PATH [FILE]")
	}
	body := ""
	if len(args) == 4 {
		body = ts.ReadFile(args[3])
	}
	c := &testenv.Client{
		URL: ts.Getenv("URL"), KeyID: ts.Getenv("ROCKPOOL_ROOT_ACCESS_KEY_ID"), Secret: ts.Getenv("ROCKPOOL_ROOT_SECRET_ACCESS_KEY"),
		Region: testenv.Region,
	}
	if region := ts.Getenv("ROCKPOOL_REGION"); region != "" {
		c.Region = region
	}
	if id := ts.Getenv("CALL_KEY_ID"); id != "" {
		c.KeyID, c.Secret = id, ts.Getenv("CALL_SECRET")
	}
	header := map[string][]string{}
	service, target, _ := strings.Cut(args[0], ":")
	switch {
	case target != "":
		header["X-Amz-Target"] = []string{"AWSCognitoIdentityService." + target}
		header["Content-Type"] = []string{"application/x-amz-json-1.1"}
	case service == "iam" || service == "sts":
		header["Content-Type"] = []string{"application/x-www-form-urlencoded"}
		body = strings.TrimSpace(body)
	}
	a := c.Do(scriptTB{ts: ts}, service, args[1], args[2], header, body)
	fmt.Fprintln(ts.Stdout(), strconv.Itoa(a.Status))
	for k, v := range a.Header {
		fmt.Fprintf(ts.Stdout(), "%s: %s\n", k, strings.Join(v, ", "))
	}
	fmt.Fprintln(ts.Stdout(), a.Body)
	if (a.Status >= 400) != neg {
		ts.Fatalf("status %d: %s", a.Status, a.Body)
	}
}

func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME REGEXP")
	}
	expression, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	found := expression.FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("no match of one group for %s", args[1])
	}
	ts.Setenv(args[0], found[1])
}

// scriptTB lets helpers for tests fail a script.
type scriptTB struct {
	testing.TB
	ts *testscript.TestScript
}

func (s scriptTB) Helper()                           {}
func (s scriptTB) Context() context.Context          { return context.Background() }
func (s scriptTB) Fatal(args ...any)                 { s.ts.Fatalf("%s", fmt.Sprint(args...)) }
func (s scriptTB) Fatalf(format string, args ...any) { s.ts.Fatalf(format, args...) }
