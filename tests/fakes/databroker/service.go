package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

const leaseName = "ingress-controller"

type server struct {
	*schema
	*store
	faults faults
	log    *writeLog
	secret []byte
}

type unary func(ctx context.Context, in message) (message, error)
type streaming func(in message, stream grpc.ServerStream) error

// description lists what is served; the messages are known by name only.
func (s *server) description() *grpc.ServiceDesc {
	desc := &grpc.ServiceDesc{ServiceName: "databroker.DataBrokerService", HandlerType: (*any)(nil)}
	for name, call := range map[string]unary{"Put": s.Put, "Get": s.Get, "AcquireLease": s.AcquireLease,
		"RenewLease": s.RenewLease, "ReleaseLease": s.ReleaseLease} {
		desc.Methods = append(desc.Methods, grpc.MethodDesc{MethodName: name, Handler: func(_ any, ctx context.Context,
			decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			in := s.new("databroker." + name + "Request")
			if err := decode(in.Interface()); err != nil {
				return nil, err
			}
			if err := s.admit(ctx, name); err != nil {
				return nil, err
			}
			out, err := call(ctx, in)
			if err == nil {
				err = s.faults.after(ctx, name)
			}
			if err != nil {
				return nil, err
			}
			return out.Interface(), nil
		}})
	}
	for name, call := range map[string]streaming{"SyncLatest": s.SyncLatest, "Sync": s.Sync} {
		desc.Streams = append(desc.Streams, grpc.StreamDesc{StreamName: name, ServerStreams: true, Handler: func(_ any, stream grpc.ServerStream) error {
			in := s.new("databroker." + name + "Request")
			if err := stream.RecvMsg(in.Interface()); err != nil {
				return err
			}
			if err := s.admit(stream.Context(), name); err != nil {
				return err
			}
			return call(in, stream)
		}})
	}
	return desc
}

func header(ctx context.Context, name string) string {
	md, _ := metadata.FromIncomingContext(ctx)
	return strings.Join(md.Get(name), ",")
}

// who is the process that calls: what stands before grpc's own words in its user agent.
func who(ctx context.Context) string {
	if agent, _, _ := strings.Cut(header(ctx, "user-agent"), " "); agent != "" {
		return agent
	}
	from, _ := peer.FromContext(ctx)
	return from.Addr.String()
}

func (s *server) admit(ctx context.Context, method string) error {
	if err := s.checkJWT(header(ctx, "jwt")); err != "" {
		return status.Error(codes.Unauthenticated, err)
	}
	return s.faults.before(ctx, method)
}

func (s *server) checkJWT(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "unauthenticated: no jwt"
	}
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(parts[0] + "." + parts[1]))
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(signature, mac.Sum(nil)) {
		return "invalid JWT: square/go-jose: error in cryptographic primitive"
	}
	var head map[string]string
	var claims map[string]int64
	for i, into := range []any{&head, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(text, into) != nil {
			return "invalid JWT: malformed"
		}
	}
	if head["alg"] != "HS256" || head["typ"] != "JWT" || len(claims) != 1 {
		return "invalid JWT: another header or other claims than exp"
	}
	if left := time.Until(time.Unix(claims["exp"], 0)); left <= 0 || left > 2*time.Hour {
		return "invalid JWT: expired"
	}
	return ""
}

// ---- messages ----

func (s *server) stamp(at time.Time) message {
	return s.new("google.protobuf.Timestamp").set("seconds", at.Unix()).set("nanos", int32(at.Nanosecond()))
}

func (s *server) recordMessage(r record) message {
	out := s.new("databroker.Record").set("version", r.version).set("type", r.kind).set("id", r.id)
	out.put("data", s.new("google.protobuf.Any").set("type_url", r.url).set("value", r.data))
	out.put("modified_at", s.stamp(r.modifiedAt))
	if !r.deletedAt.IsZero() {
		out.put("deleted_at", s.stamp(r.deletedAt))
	}
	return out
}

func recordFrom(m message) record {
	data := m.sub("data")
	r := record{kind: m.text("type"), id: m.text("id"), url: data.text("type_url"), data: data.Get(data.field("value")).Bytes()}
	if m.has("deleted_at") {
		at := m.sub("deleted_at")
		r.deletedAt = time.Unix(at.integer("seconds"), at.integer("nanos"))
	}
	return r
}

// ---- records ----

func (s *server) Put(ctx context.Context, in message) (message, error) {
	var records []record
	for _, m := range in.list("records") {
		records = append(records, recordFrom(m))
	}
	s.logPut(who(ctx), records)
	serverVersion, stored := s.put(records)
	out := s.new("databroker.PutResponse").set("server_version", serverVersion)
	for _, r := range stored {
		out.push("records", s.recordMessage(r))
	}
	return out, nil
}

func (s *server) Get(_ context.Context, in message) (message, error) {
	r, ok := s.get(in.text("type"), in.text("id"))
	if !ok {
		return message{}, status.Error(codes.NotFound, "record not found")
	}
	return s.new("databroker.GetResponse").put("record", s.recordMessage(r)), nil
}

func (s *server) SyncLatest(in message, stream grpc.ServerStream) error {
	records, serverVersion, latest, _ := s.since(in.text("type"), 0)
	for _, r := range records {
		if !r.deletedAt.IsZero() {
			continue
		}
		if err := stream.SendMsg(s.new("databroker.SyncLatestResponse").put("record", s.recordMessage(r)).Interface()); err != nil {
			return err
		}
	}
	options := s.new("databroker.TypedOptions").set("typeURL", in.text("type")).put("options", s.new("databroker.Options"))
	if err := stream.SendMsg(s.new("databroker.SyncLatestResponse").put("options", options).Interface()); err != nil {
		return err
	}
	versions := s.new("databroker.Versions").set("server_version", serverVersion).set("latest_record_version", latest)
	return stream.SendMsg(s.new("databroker.SyncLatestResponse").put("versions", versions).Interface())
}

func (s *server) Sync(in message, stream grpc.ServerStream) error {
	version := in.number("record_version")
	for {
		records, serverVersion, latest, changed := s.since(in.text("type"), version)
		if in.number("server_version") != serverVersion {
			return status.Error(codes.Aborted, "invalid server version")
		}
		if version > latest {
			return status.Error(codes.Aborted, "invalid record version")
		}
		for _, r := range records {
			times := 1
			if _, ok := s.faults.take("twice", "Sync"); ok {
				times = 2
			}
			for range times {
				if err := stream.SendMsg(s.new("databroker.SyncResponse").put("record", s.recordMessage(r)).Interface()); err != nil {
					return err
				}
			}
			version = r.version
		}
		if !in.flag("wait") {
			return nil
		}
		select {
		case <-changed:
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

// ---- leases ----

func durationOf(in message) time.Duration {
	d := in.sub("duration")
	return time.Duration(d.integer("seconds"))*time.Second + time.Duration(d.integer("nanos"))
}

func (s *server) AcquireLease(ctx context.Context, in message) (message, error) {
	id, ok := s.acquire(in.text("name"), "", who(ctx), durationOf(in))
	if !ok {
		return message{}, status.Error(codes.AlreadyExists, "lease is already taken")
	}
	s.log.write(entry{Op: "acquire", Who: who(ctx), Lease: id})
	return s.new("databroker.AcquireLeaseResponse").set("id", id), nil
}

func (s *server) RenewLease(ctx context.Context, in message) (message, error) {
	if _, ok := s.acquire(in.text("name"), in.text("id"), who(ctx), durationOf(in)); !ok {
		return message{}, status.Error(codes.AlreadyExists, "lease no longer held")
	}
	return s.new("google.protobuf.Struct"), nil // empty, as google.protobuf.Empty
}

func (s *server) ReleaseLease(ctx context.Context, in message) (message, error) {
	s.release(in.text("name"), in.text("id"))
	s.log.write(entry{Op: "release", Who: who(ctx), Lease: in.text("id")})
	return s.new("google.protobuf.Struct"), nil
}
