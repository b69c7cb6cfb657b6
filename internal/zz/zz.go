package zz
import (
_ "github.com/alecthomas/kong"
_ "github.com/go-jose/go-jose/v4/jwt"
_ "github.com/google/go-cmp/cmp"
_ "github.com/maypok86/otter/v2"
_ "github.com/pressly/goose/v3"
_ "github.com/prometheus/client_golang/prometheus/promhttp"
_ "github.com/rogpeppe/go-internal/testscript"
_ "github.com/rogpeppe/go-internal/txtar"
_ "go.yaml.in/yaml/v4"
_ "golang.org/x/sync/singleflight"
_ "golang.org/x/time/rate"
_ "modernc.org/sqlite"
_ "pgregory.net/rapid"
)
