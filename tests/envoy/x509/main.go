// x509 says what Go's crypto/x509 and crypto/tls make of certificates: one JSON object a line in, one verdict a line out.
//
//	{"kind": "pair", "cert": BASE64, "key": BASE64}   tls.X509KeyPair, and that the leaf has no TLS feature extension
//	{"kind": "client", ...}                           the same, but for that extension
//	{"kind": "bundle", "cert": BASE64}                CertPool.AppendCertsFromPEM takes one at least
//	{"kind": "crl", "cert": BASE64}                   every block is a revocation list, and nothing stands behind
//
// The verdict is empty, or the reason. A pair that is good comes back as Pomerium hands it on to Envoy.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

type question struct {
	Kind string `json:"kind"`
	Cert []byte `json:"cert"`
	Key  []byte `json:"key"`
}

type answer struct {
	Why  string `json:"why"`
	Cert []byte `json:"cert,omitempty"`
	Key  []byte `json:"key,omitempty"`
}

var tlsFeature = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}

func pair(q question) (answer, error) {
	var out answer
	loaded, err := tls.X509KeyPair(q.Cert, q.Key)
	if err != nil {
		return out, err
	}
	leaf, err := x509.ParseCertificate(loaded.Certificate[0])
	if err != nil {
		return out, err
	}
	for _, extension := range leaf.Extensions {
		if extension.Id.Equal(tlsFeature) && q.Kind == "pair" {
			return out, errors.New("it has the TLS feature extension")
		}
	}
	first, _ := pem.Decode(q.Cert)
	if first == nil || first.Type != "CERTIFICATE" || len(first.Headers) > 0 {
		return out, errors.New("its first block is no certificate")
	}
	var chain bytes.Buffer
	for _, der := range loaded.Certificate {
		_ = pem.Encode(&chain, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	key, err := x509.MarshalPKCS8PrivateKey(loaded.PrivateKey)
	if err != nil {
		return out, err
	}
	out.Cert = chain.Bytes()
	out.Key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	return out, nil
}

func crl(text []byte) error {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			if len(rest) > 0 {
				return errors.New("something stands behind the blocks")
			}
			return nil
		}
		text = rest
		if block.Type != "X509 CRL" {
			continue
		}
		if _, err := x509.ParseRevocationList(block.Bytes); err != nil {
			return err
		}
	}
}

func judge(q question) answer {
	var out answer
	var err error
	switch q.Kind {
	case "pair", "client":
		out, err = pair(q)
	case "bundle":
		if !x509.NewCertPool().AppendCertsFromPEM(q.Cert) {
			err = errors.New("no certificate in it is taken")
		}
	case "crl":
		err = crl(q.Cert)
	default:
		err = fmt.Errorf("no such kind: %q", q.Kind)
	}
	if err != nil {
		return answer{Why: err.Error()}
	}
	return out
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		line, err := in.ReadBytes('\n')
		if len(line) == 0 {
			return
		}
		var q question
		if json.Unmarshal(line, &q) != nil {
			fmt.Fprintln(os.Stderr, "malformed question")
			os.Exit(2)
		}
		text, _ := json.Marshal(judge(q))
		out.Write(append(text, '\n'))
		if err != nil {
			return
		}
	}
}
