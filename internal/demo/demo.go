package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/rockpool-id/rockpool/internal/client"
	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/pretend"
	"github.com/rockpool-id/rockpool/internal/server"
)

// Config is what a demo is made from.
type Config struct {
	Server       config.Config
	SiteListen   string // address of the website
	GoogleListen string // address of the pretend Google, and of the other pretend providers
	Temporary    bool   // the data folder goes when the demo stops
	Program      string // how this program is called, for the commands that are shown
	Announce     string // file that tells the command line of the demo (decision 0004); "" for none
	Version      string
	Log          *slog.Logger
}

// Demo is a running story.
type Demo struct {
	Story Story
	// SiteBuilt is false when the website shows a placeholder only.
	SiteBuilt bool

	server   *server.Server
	withdraw func() error // takes the file of Announce away
	servers  []*http.Server
	serving  sync.WaitGroup
	stop     context.CancelFunc
	failed   chan error
}

// Story is what the person at the terminal gets.
type Story struct {
	API, Site, Google   string // addresses
	Region              string
	Temporary           bool // the data folder goes when the demo stops
	PoolID              string
	PrivateBucket       string
	StaffBucket         string
	ForbiddenKey        string
	ClientID            string
	People              []string // e-mail addresses to sign in as
	RootKeyID           string
	RootSecret          string
	RoleName, AppBucket string
	// Explain is the command that says why a request was denied, without its id.
	Explain string
	// Denied is the id of a request that was denied while the demo started: Person
	// asked for the forbidden picture. "" when nothing was denied.
	Denied, Person string
}

// Start runs the pretend providers, the server and the website, and takes the
// steps of the workshop. It returns when the story can be told.
func Start(ctx context.Context, c Config) (d *Demo, err error) {
	ctx, stop := context.WithCancel(ctx)
	d = &Demo{stop: stop, failed: make(chan error, 3)}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
			d = nil
		}
	}()

	// All ports are taken first, so that a busy one stops the start with one
	// line and nothing half done.
	siteListener, err := listen(ctx, "site", c.SiteListen)
	if err != nil {
		return d, err
	}
	googleListener, err := listen(ctx, "pretend Google", c.GoogleListen)
	if err != nil {
		return d, errors.Join(err, siteListener.Close())
	}
	siteURL, googleURL := "http://"+siteListener.Addr().String(), "http://"+googleListener.Addr().String()
	origins := originsOf(siteListener)

	apps, err := names(origins, c.Server.Region, c.Server.Account)
	if err != nil {
		return d, errors.Join(err, siteListener.Close(), googleListener.Close())
	}
	town, err := pretend.NewTown(googleURL, apps, c.Log)
	if err != nil {
		return d, errors.Join(err, siteListener.Close(), googleListener.Close())
	}
	own, err := newBackend(siteURL, origins, town, apps, c.Log)
	if err != nil {
		return d, errors.Join(err, siteListener.Close(), googleListener.Close())
	}
	d.serve(googleListener, town, c.Log)

	c.Server.Providers = town.Overrides()
	for _, o := range origins {
		c.Server.SAMLRecipients = append(c.Server.SAMLRecipients, o+samlACSPath)
	}
	if d.server, err = server.Open(ctx, c.Server, server.Options{Log: c.Log, Version: c.Version}); err != nil {
		return d, errors.Join(err, siteListener.Close())
	}
	d.serving.Add(1)
	go func() {
		defer d.serving.Done()
		if err := d.server.Serve(ctx); err != nil {
			d.failed <- err
		}
	}()
	pages := &website{endpoint: d.server.URL(), backend: own, http: &http.Client{Timeout: 30 * time.Second}, log: c.Log}
	d.serve(siteListener, pages, c.Log)

	keyID, secret := d.server.RootKey()
	root := client.Config{
		Endpoint: d.server.URL(), Region: c.Server.Region, HTTP: pages.http, UserAgent: "rockpool-demo",
		Credentials: client.Credentials{AccessKeyID: keyID, Secret: secret},
	}
	cl, err := client.New(root)
	if err != nil {
		return d, err
	}
	explain := c.Program + " explain"
	if d.withdraw = announce(&c, &root); d.withdraw == nil {
		explain += " --endpoint " + root.Endpoint
	}
	admin := &administrator{Client: cl, account: c.Server.Account}
	page, err := seed(ctx, admin, &scene{origins: origins, town: town, apps: apps, explain: explain})
	if err == nil {
		err = own.open(ctx, admin, root, page.PoolID)
	}
	if err != nil {
		return d, fmt.Errorf("prepare the demo: %w", err)
	}
	d.Story = Story{
		API: d.server.URL(), Site: siteURL, Google: googleURL, Region: c.Server.Region, Temporary: c.Temporary, PoolID: page.PoolID,
		PrivateBucket: PrivateBucket, StaffBucket: StaffBucket, ForbiddenKey: ForbiddenKey, AppBucket: AppBucket,
		ClientID: ClientID, RootKeyID: keyID, RootSecret: secret.Reveal(), RoleName: RoleName, Explain: explain,
	}
	if d.withdraw == nil {
		d.Story.Explain = "AWS_ACCESS_KEY_ID=" + keyID + " AWS_SECRET_ACCESS_KEY=" + secret.Reveal() + " " + explain
	}
	for _, p := range town.People() {
		d.Story.People = append(d.Story.People, p.Email)
	}
	d.Story.Person = town.People()[0].Name
	if d.Story.Denied, err = askForbidden(ctx, root, googleURL, d.Story.People[0], page.PoolID); err != nil {
		return d, fmt.Errorf("ask for the forbidden picture: %w", err)
	}
	_, err = site.ReadFile("site/index.html")
	d.SiteBuilt = err == nil
	return d, nil
}

// Wait returns when ctx ends, or when a part of the demo fails.
func (d *Demo) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-d.failed:
		return err
	}
}

// announce tells the command line where the demo runs. A machine where that cannot
// be written has longer commands, and nothing else missing.
func announce(c *Config, root *client.Config) (withdraw func() error) {
	if c.Announce == "" {
		return nil
	}
	withdraw, err := client.Announce(c.Announce, client.Demo{Endpoint: root.Endpoint, Region: root.Region, Credentials: root.Credentials})
	if err != nil {
		c.Log.Warn("the command line will not find the demo by itself", "error", err)
		return nil
	}
	return withdraw
}

// Close stops everything, lets requests under way finish, and closes the data
// folder.
func (d *Demo) Close() error {
	d.stop()
	var errs []error
	if d.withdraw != nil {
		errs = append(errs, d.withdraw())
	}
	for _, s := range d.servers {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		err := s.Shutdown(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			err = s.Close()
		}
		errs = append(errs, err)
	}
	d.serving.Wait()
	if d.server != nil {
		errs = append(errs, d.server.Close())
	}
	return errors.Join(errs...)
}

func (d *Demo) serve(l net.Listener, h http.Handler, log *slog.Logger) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	d.servers = append(d.servers, s)
	d.serving.Add(1)
	go func() {
		defer d.serving.Done()
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			d.failed <- err
		}
	}()
}

func listen(ctx context.Context, what, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	// Everybody's sign-in is one click away here.
	if ip := l.Addr().(*net.TCPAddr).IP; !ip.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("%s: the demo listens on loopback addresses only, not %s", what, ip), l.Close())
	}
	return l, nil
}

// originsOf are the names a browser on this machine may use for a listener.
func originsOf(l net.Listener) []string {
	addr := l.Addr().(*net.TCPAddr)
	port := fmt.Sprint(addr.Port)
	list := []string{"http://" + addr.String()}
	if local := "http://localhost:" + port; local != list[0] {
		list = append(list, local)
	}
	return list
}
