package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmware/govmomi/simulator"
	vapi "github.com/vmware/govmomi/vapi/simulator"
)

// accession is our server. Where time passes, each conversation has a world of its own.
type accession struct {
	origin  string
	sources sources
	worlds  int
}

// startAccession starts it, allowed to fetch from the sources.
func startAccession(t *testing.T, from sources) *accession {
	t.Helper()
	program := os.Getenv("ACCESSION_SERVER")
	if program == "" {
		t.Skip("ACCESSION_SERVER does not name the server's program")
	}
	// Asked so that go does not take an earlier result for one of this build.
	if _, err := os.Stat(program); err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	must(t, err)
	server := exec.Command(program, "--listen", "127.0.0.1:0", "--admin",
		"--allow-pull", from.host, "--allow-pull", from.tlsHost, "--allow-pull", silent,
		"--user", user, "--password", password)
	server.Stdout, server.Stderr = write, write
	must(t, server.Start())
	_ = write.Close()
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		_ = read.Close()
	})
	lines := bufio.NewReader(read)
	for {
		line, err := lines.ReadString('\n')
		if _, origin, found := strings.Cut(line, "listening on "); found {
			go func() { _, _ = io.Copy(io.Discard, lines) }()
			return &accession{origin: strings.Fields(origin)[0], sources: from}
		}
		if errors.Is(err, io.EOF) {
			t.Fatal("the server ended without saying where it listens")
		}
		must(t, err)
	}
}

func (a *accession) converse(t *testing.T, s *situation) string {
	wire := &wire{transport: http.DefaultTransport}
	c := &conversation{t: t, origin: a.origin, datastore: "datastore-1", sources: a.sources, wire: wire}
	if s.takes {
		a.worlds++
		wire.world = fmt.Sprintf("time-%d", a.worlds)
		c.pass = func(time time.Duration) {
			t.Helper()
			body := fmt.Sprintf(`{"advance_seconds": %d}`, int(time.Seconds()))
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.origin+"/accession/clock",
				strings.NewReader(body))
			must(t, err)
			response, err := (&http.Client{Transport: wire}).Do(request)
			must(t, err)
			_ = response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Fatalf("time does not pass: %s", response.Status)
			}
		}
	}
	return c.hold(s)
}

// ---------------------------------------------------------------------------------------------------------------------

// TestMain lets the program of these tests be vcsim, if it is started as that: it can end of what it is asked.
func TestMain(m *testing.M) {
	if os.Getenv(asVcsim) != "" {
		main()
		return
	}
	// govmomi tells there what it refuses.
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

const asVcsim = "ACCESSION_TEST_IS_VCSIM"

// foreign is govmomi's simulator. Where time passes, each conversation has one of its own, which is asked without a
// network: then the clock of this process can be made to run.
type foreign struct {
	// The test that it is for.
	t         *testing.T
	sources   sources
	origin    string
	datastore string
	ended     chan struct{}
}

func startVcsim(t *testing.T, from sources) *foreign {
	t.Helper()
	v := &foreign{t: t, sources: from}
	v.start()
	return v
}

func (v *foreign) start() {
	t := v.t
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	program := exec.Command(self)
	program.Env = append(os.Environ(), asVcsim+"=1")
	// Once this is closed, it ends.
	input, err := program.StdinPipe()
	must(t, err)
	output, err := program.StdoutPipe()
	must(t, err)
	must(t, program.Start())
	ended := make(chan struct{})
	t.Cleanup(func() {
		_ = input.Close()
		<-ended
	})
	facts := map[string]string{}
	lines := bufio.NewScanner(output)
	for len(facts) < 4 && lines.Scan() {
		words := strings.Fields(lines.Text())
		facts[words[0]] = words[len(words)-1]
	}
	go func() {
		_, _ = io.Copy(io.Discard, output)
		_ = program.Wait()
		close(ended)
	}()
	v.origin, v.datastore, v.ended = facts["listening"], facts["datastore"], ended
	if v.origin == "" || v.datastore == "" {
		t.Fatal("vcsim ended without saying where it listens")
	}
}

func (v *foreign) converse(t *testing.T, s *situation) string {
	if !s.takes {
		c := conversation{t: t, origin: v.origin, datastore: v.datastore, sources: v.sources,
			wire: &wire{transport: http.DefaultTransport}}
		seen := c.hold(s)
		if c.wire.ended {
			<-v.ended
			v.start()
		}
		return seen
	}
	var seen string
	synctest.Test(t, func(t *testing.T) {
		model := simulator.VPX()
		must(t, model.Create())
		defer model.Remove()
		nowhere := &url.URL{Scheme: "http", Host: "vcsim.invalid"}
		model.Service.Listen = nowhere
		_, handler := vapi.New(nowhere, model.Map())
		c := conversation{t: t, origin: nowhere.String(), sources: v.sources, pass: time.Sleep,
			datastore: model.Map().Any("Datastore").Reference().Value,
			wire:      &wire{transport: unwired{handler}}}
		seen = c.hold(s)
	})
	return seen
}

// unwired asks a handler without a network.
type unwired struct{ handler http.Handler }

func (u unwired) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body == nil {
		request.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	u.handler.ServeHTTP(recorder, request)
	return recorder.Result(), nil
}

// ---------------------------------------------------------------------------------------------------------------------

// wire keeps what the last answer was: the client gives little of it on.
type wire struct {
	transport http.RoundTripper
	// Which of our server's worlds is asked, if not the one without a name.
	world string
	// What the last answer was; 0 if there was none.
	status int
	body   []byte
	// Whether the server is gone.
	ended bool
}

func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	w.status, w.body = 0, nil
	if w.world != "" {
		request.Header.Set("accession-world", w.world)
	}
	response, err := w.transport.RoundTrip(request)
	if err != nil {
		w.ended = !w.answers(request.URL)
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	w.status, w.body = response.StatusCode, body
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// answers asks whether anybody is still there.
func (w *wire) answers(where *url.URL) bool {
	response, err := http.Get((&url.URL{Scheme: where.Scheme, Host: where.Host}).String())
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}

// answer tells the last answer in few words: the same ones for whatever means the same to a client.
func (w *wire) answer() string {
	switch {
	case w.ended:
		return "no answer, the server has ended"
	case w.status == 0:
		return "no answer, the connection is closed"
	case w.status < 300:
		return "accepted"
	case w.errorType() == "":
		return fmt.Sprintf("%d without an error type", w.status)
	default:
		return fmt.Sprintf("%d %s", w.status, w.errorType())
	}
}

// apiError is an error of the API, as far as it is looked at.
type apiError struct {
	name      string
	ErrorType string `json:"error_type"`
	Messages  []struct {
		ID             string   `json:"id"`
		DefaultMessage string   `json:"default_message"`
		Args           []string `json:"args"`
	} `json:"messages"`
}

// error reads an error of /rest, which is wrapped, or else one of /api.
func (w *wire) error() apiError {
	var wrapped struct {
		Type  string   `json:"type"`
		Value apiError `json:"value"`
	}
	if json.Unmarshal(w.body, &wrapped) == nil && wrapped.Type != "" {
		wrapped.Value.name = wrapped.Type
		return wrapped.Value
	}
	var bare apiError
	_ = json.Unmarshal(w.body, &bare)
	return bare
}

func (w *wire) errorType() string {
	read := w.error()
	if read.name != "" {
		return strings.ToUpper(read.name[strings.LastIndex(read.name, ".")+1:])
	}
	return read.ErrorType
}
