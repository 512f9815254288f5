// A stand-in for Pomerium: serves the routes of a configuration as Pomerium and its Envoy would, as far as the conformance
// suite of the Gateway API can tell. It tests what sluice makes, not what Pomerium does with it.
//
//	standin --out FILE
//
// FILE is what `sluice up --out FILE --format json` keeps, and all that it knows. Nobody gets in without a policy; which
// policy it is does not matter here.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const address = "10.99.0.1"

type redirect struct {
	HTTPS  bool   `json:"https_redirect"`
	Scheme string `json:"scheme_redirect"`
	Host   string `json:"host_redirect"`
	Port   int    `json:"port_redirect"`
	Path   string `json:"path_redirect"`
	Prefix string `json:"prefix_rewrite"`
	Code   int    `json:"response_code"`
}

type route struct {
	From            string            `json:"from"`
	Path            string            `json:"path"`
	Prefix          string            `json:"prefix"`
	Regex           string            `json:"regex"`
	To              []string          `json:"to"`
	Weights         []int             `json:"load_balancing_weights"`
	Policies        []json.RawMessage `json:"policies"`
	PPL             []json.RawMessage `json:"ppl_policies"`
	Public          bool              `json:"allow_public_unauthenticated_access"`
	Redirect        *redirect         `json:"redirect"`
	Response        *response         `json:"response"`
	SetRequest      map[string]string `json:"set_request_headers"`
	RemoveRequest   []string          `json:"remove_request_headers"`
	SetResponse     map[string]string `json:"set_response_headers"`
	PrefixRewrite   string            `json:"prefix_rewrite"`
	RewritePattern  string            `json:"regex_rewrite_pattern"`
	RewriteWith     string            `json:"regex_rewrite_substitution"`
	PreserveHost    bool              `json:"preserve_host_header"`
	HostRewrite     string            `json:"host_rewrite"`
	Timeout         string            `json:"timeout"`
	Websockets      bool              `json:"allow_websockets"`
	CustomCA        string            `json:"tls_custom_ca"`
	UpstreamName    string            `json:"tls_upstream_server_name"`
	regex, pattern  *regexp.Regexp
	upstreams       []*url.URL
	transport, h2c  http.RoundTripper
	host            string
	timeoutDuration time.Duration
}

type response struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
}

type configuration struct {
	Routes   []*route `json:"routes"`
	Settings struct {
		Certificates []struct {
			Cert []byte `json:"cert_bytes"`
			Key  []byte `json:"key_bytes"`
		} `json:"certificates"`
	} `json:"settings"`
	exact     map[string][]*route
	wildcards []*route
	tls       tls.Config
}

// read takes the routes in Pomerium's order: by host ascending, then the longer and the more exact path first.
func read(path string) (*configuration, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &configuration{exact: map[string][]*route{}, tls: tls.Config{NextProtos: []string{"h2", "http/1.1"}}}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, err
	}
	for _, pair := range c.Settings.Certificates {
		certificate, err := tls.X509KeyPair(pair.Cert, pair.Key)
		if err != nil {
			return nil, err
		}
		c.tls.Certificates = append(c.tls.Certificates, certificate)
	}
	slices.SortStableFunc(c.Routes, func(a, b *route) int {
		for _, order := range []int{strings.Compare(a.From, b.From), strings.Compare(b.Path, a.Path), strings.Compare(b.Regex, a.Regex)} {
			if order != 0 {
				return order
			}
		}
		return strings.Compare(b.Prefix, a.Prefix)
	})
	for _, r := range c.Routes {
		if err := r.prepare(); err != nil {
			return nil, err
		}
		if strings.HasPrefix(r.host, "*") {
			c.wildcards = append(c.wildcards, r)
		} else {
			c.exact[r.host] = append(c.exact[r.host], r)
		}
	}
	return c, nil
}

func (r *route) prepare() error {
	from, err := url.Parse(r.From)
	if err != nil {
		return err
	}
	r.host = strings.ToLower(from.Hostname())
	if r.regex, err = regexp.Compile("^(?:" + r.Regex + ")$"); err != nil {
		return err
	}
	if r.pattern, err = regexp.Compile(r.RewritePattern); err != nil {
		return err
	}
	if r.Timeout != "" {
		if r.timeoutDuration, err = time.ParseDuration(r.Timeout); err != nil {
			return err
		}
	}
	for _, to := range r.To {
		upstream, err := url.Parse(to)
		if err != nil {
			return err
		}
		r.upstreams = append(r.upstreams, upstream)
	}
	only := new(http.Protocols)
	only.SetUnencryptedHTTP2(true)
	r.h2c = &http.Transport{Protocols: only, DisableKeepAlives: true}
	upstreamTLS := &tls.Config{ServerName: r.UpstreamName}
	if r.CustomCA != "" {
		pem, err := base64.StdEncoding.DecodeString(r.CustomCA)
		if err != nil {
			return err
		}
		upstreamTLS.RootCAs = x509.NewCertPool()
		if !upstreamTLS.RootCAs.AppendCertsFromPEM(pem) {
			return errors.New("tls_custom_ca of " + r.From + " has no certificate")
		}
	}
	r.transport = &http.Transport{TLSClientConfig: upstreamTLS, DisableKeepAlives: true}
	return nil
}

// find: a host that is named has routes of its own, and never those of a wildcard.
func (c *configuration) find(host, path string) *route {
	candidates, named := c.exact[host]
	if !named {
		candidates = c.wildcards
	}
	for _, r := range candidates {
		if (named || r.hasHost(host)) && r.hasPath(path) {
			return r
		}
	}
	return nil
}

func (r *route) hasHost(host string) bool {
	return strings.HasSuffix(host, strings.TrimPrefix(r.host, "*"))
}

func (r *route) hasPath(path string) bool {
	switch {
	case r.Path != "":
		return path == r.Path
	case r.Regex != "":
		return r.regex.MatchString(path)
	}
	return strings.HasPrefix(path, r.Prefix)
}

func (c *configuration) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r := c.find(strings.ToLower(hostname(q.Host)), q.URL.EscapedPath())
	switch {
	case r == nil:
		http.Error(w, "no route", http.StatusNotFound)
	case !r.Public && len(r.Policies) == 0 && len(r.PPL) == 0:
		http.Error(w, "no policy", http.StatusForbidden)
	case r.Redirect != nil:
		w.Header().Set("Location", r.location(q))
		w.WriteHeader(r.Redirect.code())
	case r.Response != nil:
		http.Error(w, r.Response.Body, r.Response.Status)
	case q.Header.Get("Upgrade") != "" && !r.Websockets:
		http.Error(w, "upgrade", http.StatusForbidden)
	default:
		r.forward(w, q)
	}
}

func (d *redirect) code() int {
	if d.Code != 0 {
		return d.Code
	}
	return http.StatusMovedPermanently
}

// location is where the client is sent: what is not said stays as it was asked for.
func (r *route) location(q *http.Request) string {
	to := url.URL{Scheme: "http", Host: q.Host, Path: q.URL.Path, RawQuery: q.URL.RawQuery}
	if q.TLS != nil {
		to.Scheme = "https"
	}
	d := r.Redirect
	if d.HTTPS {
		to.Scheme = "https"
	}
	if d.Scheme != "" {
		to.Scheme = d.Scheme
	}
	if d.Port != 0 || to.Scheme != "http" && q.TLS == nil {
		to.Host = hostname(to.Host)
	}
	if d.Host != "" {
		to.Host = d.Host
	}
	if d.Port != 0 {
		to.Host += ":" + strconv.Itoa(d.Port)
	}
	if d.Path != "" {
		to.Path = d.Path
	} else if d.Prefix != "" {
		to.Path = d.Prefix + strings.TrimPrefix(to.Path, r.matched())
	}
	return to.String()
}

// matched is the part of the path that the route names.
func (r *route) matched() string { return r.Path + r.Prefix }

func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// upstream is one of them, by weight.
func (r *route) upstream() *url.URL {
	total := 0
	for _, weight := range r.Weights {
		total += weight
	}
	if total > 0 {
		n := rand.IntN(total)
		for i, weight := range r.Weights {
			if n -= weight; n < 0 {
				return r.upstreams[i]
			}
		}
	}
	return r.upstreams[rand.IntN(len(r.upstreams))]
}

func (r *route) forward(w http.ResponseWriter, q *http.Request) {
	if r.timeoutDuration > 0 {
		ctx, cancel := context.WithTimeout(q.Context(), r.timeoutDuration)
		defer cancel()
		q = q.WithContext(ctx)
	}
	to := *r.upstream()
	proxy := httputil.ReverseProxy{
		Transport: r.transport,
		Rewrite:   func(p *httputil.ProxyRequest) { r.rewrite(p, &to) },
		ModifyResponse: func(answer *http.Response) error {
			for name, value := range r.SetResponse {
				answer.Header.Set(name, value)
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			code := http.StatusServiceUnavailable
			if errors.Is(err, context.DeadlineExceeded) {
				code = http.StatusGatewayTimeout
			}
			http.Error(w, err.Error(), code)
		},
	}
	if to.Scheme == "h2c" {
		to.Scheme, proxy.Transport = "http", r.h2c
	}
	proxy.ServeHTTP(w, q)
}

var rendered = regexp.MustCompile(`\$\$|\$\{pomerium\.request\.headers\["([^"]*)"\]\}`)

func (r *route) rewrite(p *httputil.ProxyRequest, to *url.URL) {
	p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = to.Scheme, to.Host, to.Host
	if r.PreserveHost {
		p.Out.Host = p.In.Host
	}
	if r.HostRewrite != "" {
		p.Out.Host = r.HostRewrite
	}
	if r.PrefixRewrite != "" {
		p.Out.URL.Path = r.PrefixRewrite + strings.TrimPrefix(p.In.URL.Path, r.matched())
	}
	if r.RewritePattern != "" {
		with := regexp.MustCompile(`\\(\d)`).ReplaceAllString(strings.ReplaceAll(r.RewriteWith, "$", "$$"), "$${$1}")
		p.Out.URL.Path = r.pattern.ReplaceAllString(p.In.URL.Path, strings.ReplaceAll(with, `\\`, `\`))
	}
	for _, name := range r.RemoveRequest {
		p.Out.Header.Del(name)
	}
	for name, value := range r.SetRequest {
		p.Out.Header.Set(name, rendered.ReplaceAllStringFunc(value, func(what string) string {
			if what == "$$" {
				return "$"
			}
			return p.In.Header.Get(rendered.FindStringSubmatch(what)[1])
		}))
	}
}

func main() {
	path := flag.String("out", "", "what sluice keeps")
	flag.Parse()
	var current atomic.Pointer[configuration]
	current.Store(&configuration{})
	serve := http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { current.Load().ServeHTTP(w, q) })
	both := new(http.Protocols)
	both.SetHTTP1(true)
	both.SetUnencryptedHTTP2(true)
	plain := &http.Server{Addr: net.JoinHostPort(address, "80"), Handler: serve, ReadHeaderTimeout: time.Minute, Protocols: both}
	secure := &http.Server{Addr: net.JoinHostPort(address, "443"), Handler: serve, ReadHeaderTimeout: time.Minute, TLSConfig: &tls.Config{
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return &current.Load().tls, nil },
		GetCertificate:     func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("no certificate") },
	}}
	go func() { log.Fatal(plain.ListenAndServe()) }()
	go func() { log.Fatal(secure.ListenAndServeTLS("", "")) }()
	follow(*path, &current)
}

// follow reads the file whenever another one is in its place.
func follow(path string, current *atomic.Pointer[configuration]) {
	var seen os.FileInfo
	for ; ; time.Sleep(20 * time.Millisecond) {
		now, err := os.Stat(path)
		if err != nil || seen != nil && os.SameFile(seen, now) && now.ModTime().Equal(seen.ModTime()) {
			continue
		}
		c, err := read(path)
		if err != nil {
			log.Print(err)
			continue
		}
		seen = now
		current.Store(c)
	}
}
