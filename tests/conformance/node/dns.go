package main

import (
	"net"
	"strings"

	"github.com/miekg/dns"
)

// serveNames answers for the names of Services with what is known by then.
func (n *node) serveNames(at string) error {
	socket, err := net.ListenPacket("udp", at)
	if err != nil {
		return err
	}
	server := &dns.Server{PacketConn: socket, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		_ = w.WriteMsg(n.resolve(question))
	})}
	go func() { _ = server.ActivateAndServe() }()
	return nil
}

func (n *node) resolve(question *dns.Msg) *dns.Msg {
	answer := new(dns.Msg)
	answer.SetReply(question)
	answer.Authoritative = true
	for _, q := range question.Question {
		addresses, known := (*n.names.Load())[strings.ToLower(q.Name)]
		if !known {
			answer.SetRcode(question, dns.RcodeNameError)
			continue
		}
		for _, address := range addresses {
			if v4 := address.To4(); v4 != nil && q.Qtype == dns.TypeA {
				header := dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}
				answer.Answer = append(answer.Answer, &dns.A{Hdr: header, A: v4})
			}
		}
	}
	return answer
}
