package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// fault is what goes wrong with the next Count calls of a method ("": of any).
//
//	delay    the call is handled Millis later
//	lost     it is handled, and its answer comes Millis later
//	fail     it is answered with Code and not handled
//	twice    a record of a stream comes twice
//	trailers the connection is answered by something that ends without a grpc-status, or with Status
type fault struct {
	Mode, Method, Status string
	Code, Millis, Count  int
}

type faults struct {
	mu  sync.Mutex
	now fault
}

func (f *faults) set(next fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = next
}

func (f *faults) get() fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *faults) take(mode, method string) (fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now.Mode != mode || f.now.Count <= 0 || (method != "" && f.now.Method != "" && f.now.Method != method) {
		return fault{}, false
	}
	f.now.Count--
	return f.now, true
}

func pause(ctx context.Context, f fault) error {
	select {
	case <-time.After(time.Duration(f.Millis) * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *faults) before(ctx context.Context, method string) error {
	if now, ok := f.take("delay", method); ok {
		return pause(ctx, now)
	}
	if now, ok := f.take("fail", method); ok {
		return status.Error(codes.Code(now.Code), "as the test wishes")
	}
	return nil
}

func (f *faults) after(ctx context.Context, method string) error {
	if now, ok := f.take("lost", method); ok {
		return pause(ctx, now)
	}
	return nil
}

// listener knows its connections, so that they can be cut, and hands some of them to a server of bad manners.
type listener struct {
	net.Listener
	faults *faults
	mu     sync.Mutex
	open   map[net.Conn]bool
}

type conn struct {
	net.Conn
	from *listener
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if now, ok := l.faults.take("trailers", ""); ok {
			go (&http2.Server{}).ServeConn(accepted, &http2.ServeConnOpts{Handler: badTrailers(now.Status)})
			continue
		}
		l.mu.Lock()
		l.open[accepted] = true
		l.mu.Unlock()
		return &conn{accepted, l}, nil
	}
}

func (c *conn) Close() error {
	c.from.mu.Lock()
	delete(c.from.open, c.Conn)
	c.from.mu.Unlock()
	return c.Conn.Close()
}

func (l *listener) each(do func(net.Conn)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		do(c)
	}
}

func badTrailers(grpcStatus string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.WriteHeader(http.StatusOK)
		w.Write([]byte{0, 0, 0, 0, 0})
		if grpcStatus != "" {
			w.Header().Set(http.TrailerPrefix+"Grpc-Status", grpcStatus)
		}
	})
}

// ---- the log of writes, a JSON object a line ----

type entry struct {
	Op      string   `json:"op"`
	Who     string   `json:"who"`
	Leader  string   `json:"leader"`
	Lapsed  int64    `json:"lapsed_ms"` // since the end of a lease that nobody has held since
	Lease   string   `json:"lease,omitempty"`
	Records []string `json:"records,omitempty"`
	Deleted []string `json:"deleted,omitempty"`
	// those of both that are as they were before, and with --contents what is in each record
	Unchanged []string                   `json:"unchanged,omitempty"`
	Contents  map[string]json.RawMessage `json:"contents,omitempty"`
	Bytes     int                        `json:"bytes,omitempty"`
	Millis    int64                      `json:"ms"`
}

type writeLog struct {
	mu       sync.Mutex
	file     *os.File
	contents bool
}

func (l *writeLog) write(e entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Millis = time.Now().UnixMilli()
	line, _ := json.Marshal(e)
	l.file.Write(append(line, '\n'))
}

func (s *server) logPut(who string, records []record) {
	e := entry{Op: "put", Who: who}
	e.Leader, e.Lapsed = s.holder(leaseName)
	if s.log.contents {
		e.Contents = map[string]json.RawMessage{}
	}
	for _, r := range records {
		if r.deletedAt.IsZero() {
			e.Records = append(e.Records, r.id)
		} else {
			e.Deleted = append(e.Deleted, r.id)
		}
		if s.is(r) {
			e.Unchanged = append(e.Unchanged, r.id)
		}
		if shown, err := s.show(r); err == nil && s.log.contents {
			e.Contents[r.id] = shown.Config
		}
		e.Bytes += len(r.data)
	}
	s.log.write(e)
}
