package sqldb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
)

// TestMain lets the test binary be the second process of the tests below.
func TestMain(m *testing.M) {
	switch folder := os.Getenv("SQLDB_TEST_FOLDER"); os.Getenv("SQLDB_TEST_CHILD") {
	case "write":
		os.Exit(childWrites(folder))
	case "open":
		db, err := Open(folder)
		var inUse *InUse
		if errors.As(err, &inUse) {
			os.Exit(3)
		}
		if err == nil {
			err = db.Close()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		os.Exit(m.Run())
	}
}

// childWrites writes until it is killed and prints each acknowledged id.
func childWrites(folder string) int {
	db, err := Open(folder)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
				if err := db.Group(context.Background(), insert(id)); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				mu.Lock()
				fmt.Println(id)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return 0
}

func child(t *testing.T, role, folder string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SQLDB_TEST_CHILD="+role, "SQLDB_TEST_FOLDER="+folder)
	cmd.Stderr = os.Stderr
	return cmd
}

func TestSecondProcessIsRefused(t *testing.T) {
	folder := t.TempDir()
	db := openTest(t, folder)
	var exit *exec.ExitError
	if err := child(t, "open", folder).Run(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("second process: %v, want *InUse", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := child(t, "open", folder).Run(); err != nil {
		t.Errorf("after Close: %v", err)
	}
}

func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	folder := t.TempDir()
	if err := openTable(t, folder).Close(); err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]bool{}
	for round := range rounds {
		cmd := child(t, "write", folder)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		// Kill it after another number of writes each time; lines printed
		// until it is dead count as well.
		for n := 1; lines.Scan(); n++ {
			acknowledged[lines.Text()] = true
			if n == 50+97*round {
				if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("child ended by itself: %v", err)
		}
		check(t, folder, acknowledged)
	}
	t.Logf("%d writes acknowledged in %d rounds", len(acknowledged), rounds)
}

func check(t *testing.T, folder string, acknowledged map[string]bool) {
	t.Helper()
	db := openTest(t, folder)
	defer db.Close()
	rows, err := db.Reader().Query("SELECT id FROM note")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	present := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		present[id] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for id := range acknowledged {
		if !present[id] {
			t.Errorf("acknowledged write %s is lost", id)
		}
	}
	var result string
	if err := db.Reader().QueryRow("PRAGMA integrity_check").Scan(&result); err != nil || result != "ok" {
		t.Errorf("integrity: %s, %v", result, err)
	}
}
