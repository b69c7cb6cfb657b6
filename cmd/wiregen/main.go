// Command wiregen generates the packages below internal/wire from the public
// service models, so that what Rockpool accepts, refuses and answers follows the
// model and not somebody's memory of it.
//
// The models are read from the Go module github.com/aws/aws-sdk-go, which this
// module requires and the server's never does; the go command says where it
// lies. A file per service in overlay/ adds the corrections and the newer members
// we serve, with the reason for each. The model of Rockpool's own service is ours
// and stands in models/.
//
//	cd cmd/wiregen && go run . -out ../../internal/wire          write the packages
//	cd cmd/wiregen && go run . -out ../../internal/wire -check   fail if they differ
package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const modelModule = "github.com/aws/aws-sdk-go"

//go:embed overlay/*.json
var overlays embed.FS

//go:embed models
var ownModels embed.FS

func main() {
	out := flag.String("out", "", "folder of the generated packages (internal/wire)")
	check := flag.Bool("check", false, "compare instead of write")
	flag.Parse()
	if err := run(*out, *check); err != nil {
		fmt.Fprintln(os.Stderr, "wiregen:", err)
		os.Exit(1)
	}
}

func run(out string, check bool) error {
	if out == "" {
		return errors.New("-out is required")
	}
	files, err := generateAll()
	if err != nil {
		return err
	}
	var stale []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(out, filepath.FromSlash(name))
		if !check {
			if err := write(path, files[name]); err != nil {
				return err
			}
			continue
		}
		have, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(have, files[name]) {
			stale = append(stale, name)
		}
	}
	if len(stale) > 0 {
		return fmt.Errorf("not as generated: %s; run without -check", strings.Join(stale, ", "))
	}
	return nil
}

func write(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// generateAll gives the text of every generated file by its path below the
// output folder.
func generateAll() (map[string][]byte, error) {
	services, err := load()
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	for _, s := range services {
		g, err := newGenerator(s.model, s.overlay)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.overlay.Name, err)
		}
		texts, err := g.files()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.overlay.Name, err)
		}
		for name, text := range texts {
			files[s.overlay.Package+"/"+name] = text
		}
	}
	return files, nil
}

type service struct {
	model   *model
	overlay *overlay
}

// load reads every service that has an overlay, with the overlay applied.
func load() ([]service, error) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", modelModule).Output()
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", modelModule, err)
	}
	root := strings.TrimSpace(string(dir))
	if root == "" {
		return nil, fmt.Errorf("%s is not downloaded; run go mod download", modelModule)
	}
	names, err := fs.Glob(overlays, "overlay/*.json")
	if err != nil {
		return nil, err
	}
	var services []service
	for _, name := range names {
		data, err := overlays.ReadFile(name)
		if err != nil {
			return nil, err
		}
		s := service{overlay: new(overlay)}
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(s.overlay); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		text, err := readModel(root, s.overlay)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if s.model, err = decode(text); err == nil {
			err = s.model.apply(s.overlay)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.overlay.Name, err)
		}
		services = append(services, s)
	}
	return services, nil
}

// readModel reads the model that the overlay names: AWS's, or one of ours.
func readModel(root string, o *overlay) ([]byte, error) {
	if (o.Model == "") == (o.OwnModel == "") {
		return nil, errors.New("an overlay names a model of AWS's or one of ours")
	}
	if o.OwnModel != "" {
		return ownModels.ReadFile("models/" + o.OwnModel)
	}
	return os.ReadFile(filepath.Join(root, "models", "apis", filepath.FromSlash(o.Model)))
}
