package main

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/websocket"
	corev1 "k8s.io/api/core/v1"
)

// echo is the server of one Pod. It answers with what it was asked, in the words that the suite reads.
type echo struct {
	pod     *corev1.Pod
	servers []*http.Server
}

type echoTLS struct {
	Version            string `json:"version"`
	ServerName         string `json:"serverName"`
	NegotiatedProtocol string `json:"negotiatedProtocol,omitempty"`
	CipherSuite        string `json:"cipherSuite"`
}

type echoAnswer struct {
	Path      string              `json:"path"`
	Host      string              `json:"host"`
	Method    string              `json:"method"`
	Proto     string              `json:"proto"`
	Headers   map[string][]string `json:"headers"`
	HTTPPort  string              `json:"httpPort"`
	Namespace string              `json:"namespace"`
	Ingress   string              `json:"ingress"`
	Service   string              `json:"service"`
	Pod       string              `json:"pod"`
	TLS       *echoTLS            `json:"tls,omitempty"`
}

// certificateOf is the pair in the first Secret that the Pod mounts, or nil if it mounts none.
func (n *node) certificateOf(pod *corev1.Pod) (*tls.Certificate, error) {
	for _, volume := range pod.Spec.Volumes {
		if volume.Secret == nil {
			continue
		}
		secret, err := n.secrets.Secrets(pod.Namespace).Get(volume.Secret.SecretName)
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(secret.Data["tls.crt"], secret.Data["tls.key"])
		return &pair, err
	}
	return nil, nil
}

// newEcho listens where the suite's image does: 3000 for HTTP, 3001 for HTTP/2 without TLS, 8443 with TLS.
func newEcho(pod *corev1.Pod, pair *tls.Certificate) (*echo, error) {
	e := &echo{pod: pod}
	mux := http.NewServeMux()
	mux.HandleFunc("/", e.serve)
	mux.HandleFunc("/status/", serveStatus)
	mux.Handle("/ws", websocket.Handler(func(c *websocket.Conn) { _, _ = io.Copy(c, c) }))
	both := new(http.Protocols)
	both.SetHTTP1(true)
	both.SetUnencryptedHTTP2(true)
	if err := e.listen(3000, &http.Server{Handler: mux}); err != nil {
		return nil, err
	}
	if err := e.listen(3001, &http.Server{Handler: mux, Protocols: both}); err != nil {
		return nil, err
	}
	if pair == nil {
		return e, nil
	}
	return e, e.listen(8443, &http.Server{Handler: mux, TLSConfig: &tls.Config{Certificates: []tls.Certificate{*pair}}})
}

func (e *echo) listen(port int, server *http.Server) error {
	server.ReadHeaderTimeout = time.Minute
	socket, err := net.Listen("tcp", net.JoinHostPort(e.pod.Status.PodIP, strconv.Itoa(port)))
	if err != nil {
		return err
	}
	e.servers = append(e.servers, server)
	if server.TLSConfig != nil {
		go func() { _ = server.ServeTLS(socket, "", "") }()
	} else {
		go func() { _ = server.Serve(socket) }()
	}
	return nil
}

func (e *echo) close() {
	for _, server := range e.servers {
		_ = server.Close()
	}
}

func serveStatus(w http.ResponseWriter, r *http.Request) {
	code, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/status/"))
	if err != nil || code < 100 || code > 999 {
		code = http.StatusBadRequest
	}
	w.WriteHeader(code)
}

func (e *echo) serve(w http.ResponseWriter, r *http.Request) {
	if delay, err := time.ParseDuration(r.FormValue("delay")); err == nil {
		time.Sleep(delay)
	}
	answer := echoAnswer{
		Path: r.RequestURI, Host: r.Host, Method: r.Method, Proto: r.Proto, Headers: r.Header, HTTPPort: "3000",
		Namespace: e.pod.Namespace, Pod: e.pod.Name,
	}
	if r.TLS != nil {
		answer.TLS = &echoTLS{
			Version: strings.Replace(tls.VersionName(r.TLS.Version), "TLS ", "TLSv", 1), ServerName: r.TLS.ServerName,
			NegotiatedProtocol: r.TLS.NegotiatedProtocol, CipherSuite: tls.CipherSuiteName(r.TLS.CipherSuite),
		}
	}
	// X-Echo-Set-Header: NAME:VALUE,NAME:VALUE has it answer with these
	for _, list := range r.Header["X-Echo-Set-Header"] {
		for _, one := range strings.Split(list, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(one), ":")
			w.Header().Add(name, strings.TrimSpace(value))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}
