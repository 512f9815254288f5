package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

const (
	typePrefix = "type.googleapis.com/pomerium.config."
	configType = typePrefix + "Config"
)

type shown struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	URL     string          `json:"url"`
	Version uint64          `json:"version"`
	Deleted bool            `json:"deleted"`
	Bytes   []byte          `json:"bytes"`
	Config  json.RawMessage `json:"config"`
}

func (s *server) show(r record) (shown, error) {
	out := shown{r.id, r.kind, r.url, r.version, !r.deletedAt.IsZero(), r.data, nil}
	if r.kind != configType {
		return out, nil
	}
	config := s.new("pomerium.config.Config").Interface()
	if err := proto.Unmarshal(r.data, config); err != nil {
		return out, err
	}
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(config)
	out.Config = text
	return out, err
}

// control serves the switches:
//
//	GET  /records       all records with their Config as protobuf-JSON
//	POST /record?id=ID  stores the Config in the body under that id, as somebody else would; an empty body deletes it;
//	                    &type=NAME another message than Config; &raw=1 the body is no JSON, but what is stored
//	POST /fault         the body is a fault; GET: the one that is set, with what is left of its Count
//	POST /wipe          another server version, no records, no leases; the log says so
//	POST /drop          cuts every connection; /halfclose ends only our direction
func (s *server) control(sockets *listener) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /records", s.listRecords)
	mux.HandleFunc("POST /record", s.storeRecord)
	mux.HandleFunc("POST /fault", func(w http.ResponseWriter, r *http.Request) {
		var next fault
		if err := json.NewDecoder(r.Body).Decode(&next); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.faults.set(next)
	})
	mux.HandleFunc("GET /fault", func(w http.ResponseWriter, _ *http.Request) { json.NewEncoder(w).Encode(s.faults.get()) })
	mux.HandleFunc("POST /wipe", func(http.ResponseWriter, *http.Request) {
		s.wipe()
		s.log.write(entry{Op: "wipe"})
	})
	mux.HandleFunc("POST /drop", func(http.ResponseWriter, *http.Request) { sockets.each(func(c net.Conn) { c.Close() }) })
	mux.HandleFunc("POST /halfclose", func(http.ResponseWriter, *http.Request) {
		sockets.each(func(c net.Conn) { c.(*net.TCPConn).CloseWrite() })
	})
	return mux
}

func (s *server) listRecords(w http.ResponseWriter, _ *http.Request) {
	records, serverVersion, _, _ := s.since("", 0)
	leader, _ := s.holder(leaseName)
	out := struct {
		ServerVersion uint64  `json:"server_version"`
		Leader        string  `json:"leader"`
		Records       []shown `json:"records"`
	}{serverVersion, leader, []shown{}}
	for _, r := range records {
		one, err := s.show(r)
		if err != nil {
			http.Error(w, r.id+": "+err.Error(), http.StatusInternalServerError)
			return
		}
		out.Records = append(out.Records, one)
	}
	json.NewEncoder(w).Encode(out)
}

func (s *server) storeRecord(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	query := r.URL.Query()
	kind := "Config"
	if query.Has("type") {
		kind = query.Get("type")
	}
	stored := record{kind: typePrefix + kind, url: typePrefix + kind, id: query.Get("id"), data: text}
	if len(text) == 0 {
		stored.deletedAt = time.Now()
	} else if !query.Has("raw") {
		message := s.new("pomerium.config." + kind).Interface()
		if err := protojson.Unmarshal(text, message); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		stored.data, _ = proto.Marshal(message)
	}
	s.put([]record{stored})
}
