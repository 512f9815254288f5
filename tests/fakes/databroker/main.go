// A databroker for tests: Pomerium's service on grpc-go, with its versions, leases and limits, and with switches for
// what can go wrong. It keeps everything in memory.
//
//	databroker --schema wire-schema.tsv --secret BASE64 --port N --control N --log FILE [--cert F --key F] [--max-age 1s]
//
// The control port speaks HTTP: see control.go.
package main

import (
	"crypto/tls"
	"encoding/base64"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

func main() {
	schemaPath := flag.String("schema", "", "wire-schema.tsv")
	secret := flag.String("secret", "", "shared secret, base64")
	port := flag.Int("port", 0, "port of the service on loopback")
	control := flag.Int("control", 0, "port of the switches on loopback")
	logPath := flag.String("log", "", "file to append a line for each write to")
	cert := flag.String("cert", "", "PEM; with --key: TLS")
	key := flag.String("key", "", "PEM")
	contents := flag.Bool("contents", false, "the log tells what is in the records that are put")
	maxAge := flag.Duration("max-age", 0, "GOAWAY to connections that are older, and cut them off as much later")
	flag.Parse()
	if err := run(*schemaPath, *secret, *logPath, *cert, *key, *port, *control, *maxAge, *contents); err != nil {
		log.Fatal(err)
	}
}

func run(schemaPath, secret, logPath, cert, key string, port, control int, maxAge time.Duration, contents bool) error {
	types, err := loadSchema(schemaPath)
	if err != nil {
		return err
	}
	s := &server{schema: types, store: newStore(), log: &writeLog{contents: contents}}
	if s.secret, err = base64.StdEncoding.DecodeString(secret); err != nil {
		return err
	}
	if s.log.file, err = os.OpenFile(logPath, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	s.log.write(entry{Op: "start"})
	raw, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	sockets := &listener{Listener: raw, faults: &s.faults, open: map[net.Conn]bool{}}
	var options []grpc.ServerOption
	if cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return err
		}
		options = append(options, grpc.Creds(credentials.NewServerTLSFromCert(&pair)))
	}
	if maxAge > 0 {
		options = append(options, grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: maxAge, MaxConnectionAgeGrace: maxAge}))
	}
	service := grpc.NewServer(options...)
	service.RegisterService(s.description(), s)
	go func() { log.Fatal(http.ListenAndServe(fmt.Sprintf("127.0.0.1:%d", control), s.control(sockets))) }()
	return service.Serve(sockets)
}
