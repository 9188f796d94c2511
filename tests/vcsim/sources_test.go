package main

import (
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vmware/govmomi/vapi/library"
)

// sources is a server on this machine that files can be fetched from.
type sources struct {
	host string
	// The same over TLS, with a certificate that nobody trusts by himself.
	tlsHost     string
	certificate *x509.Certificate
	// What is fetched below /slow/ waits at the gate.
	gate chan struct{}
}

const fetched = "what was fetched"

func startSources(t *testing.T) sources {
	t.Helper()
	gate := make(chan struct{})
	mux := http.NewServeMux()
	give := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, fetched) }
	mux.HandleFunc("GET /there/", give)
	mux.HandleFunc("GET /slow/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			select {
			case <-gate:
			case <-r.Context().Done():
			}
		}
		give(w, r)
	})
	mux.HandleFunc("GET /unsized/", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		give(w, r)
	})
	plain, secure := httptest.NewServer(mux), httptest.NewUnstartedServer(mux)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	return sources{
		host: strings.TrimPrefix(plain.URL, "http://"), tlsHost: strings.TrimPrefix(secure.URL, "https://"),
		certificate: secure.Certificate(), gate: gate,
	}
}

func (s sources) uri(path string) string {
	return "http://" + s.host + path
}

// secure is a source over TLS, and what is said of its certificate.
func (s sources) secure(say func(*library.TransferEndpoint)) library.TransferEndpoint {
	endpoint := library.TransferEndpoint{URI: "https://" + s.tlsHost + "/there/a.iso"}
	say(&endpoint)
	return endpoint
}

// open lets through what waits at the gate, once the server has come so far.
func (s sources) open(c *conversation) {
	c.t.Helper()
	select {
	case s.gate <- struct{}{}:
	case <-time.After(patience):
		c.t.Error("the server fetches nothing")
	}
}
