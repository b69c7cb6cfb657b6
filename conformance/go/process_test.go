package conformance

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// process is a server that a test started.
type process struct {
	url  string
	cmd  *exec.Cmd
	read chan struct{} // closed when its log has ended
	gone bool
}

// launch starts `rockpool serve` on a data folder and waits until it serves. It
// is asked to leave when the test ends, and must leave with 0.
func launch(t *testing.T, s server, data string, more ...string) *process {
	t.Helper()
	bin := os.Getenv("ROCKPOOL_BIN")
	if bin == "" {
		t.Skip("ROCKPOOL_BIN is not set: run conformance/run")
	}
	args := append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0", "--log-format", "json"}, more...)
	p := &process{cmd: exec.Command(bin, args...), read: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), "ROCKPOOL_ROOT_ACCESS_KEY_ID="+s.root.AccessKeyID, "ROCKPOOL_ROOT_SECRET_ACCESS_KEY="+s.root.SecretAccessKey)
	log, err := p.cmd.StderrPipe()
	must(t, err)
	must(t, p.cmd.Start())
	addresses := make(chan string, 1)
	go p.watch(log, addresses)
	t.Cleanup(func() {
		if p.gone {
			return
		}
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		<-p.read
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("a server left with %v", err)
		}
	})
	select {
	case p.url = <-addresses:
	case <-p.read:
		t.Fatal("the server did not start")
	case <-time.After(20 * time.Second):
		t.Fatal("the server says nothing")
	}
	return p
}

func (p *process) watch(log io.Reader, addresses chan<- string) {
	defer close(p.read)
	for lines := bufio.NewScanner(log); lines.Scan(); {
		var line struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			addresses <- line.URL
		}
	}
}

// kill ends the server as a power cut would, as far as a process can.
func (p *process) kill(t *testing.T) {
	t.Helper()
	must(t, p.cmd.Process.Kill())
	<-p.read
	_ = p.cmd.Wait() // killed, as asked
	p.gone = true
}
