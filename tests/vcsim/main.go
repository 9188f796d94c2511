// Command vcsim serves govmomi's simulator of a vCenter over plain HTTP, for tests against a server written by others.
//
// It says on standard output where it listens and with what it can be used, one fact per line, and ends on SIGTERM or
// when its standard input is closed, so that it never outlives the test that started it.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"github.com/vmware/govmomi/simulator"
	_ "github.com/vmware/govmomi/vapi/simulator" // registers the content library
)

const (
	user     = "user"
	password = "pass-of-vcsim"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	flag.Parse()
	end := make(chan os.Signal, 1)
	signal.Notify(end, os.Interrupt, syscall.SIGTERM)

	vcsim, err := start(*listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on %s\n", vcsim.origin())
	fmt.Printf("datastore %s\nuser %s\npassword %s\n", vcsim.datastore(), user, password)

	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		end <- os.Interrupt
	}()
	<-end
	// Not a graceful end: an open upload holds the simulator's one lock. Its files are in a temporary directory.
	vcsim.model.Remove()
}

// vcsim is a running simulator. Everything in it is gone when it ends.
type vcsim struct {
	model  *simulator.Model
	server *simulator.Server
}

func start(listen string) (*vcsim, error) {
	model := simulator.VPX()
	if err := model.Create(); err != nil {
		return nil, err
	}
	model.Service.RegisterEndpoints = true
	model.Service.Listen = &url.URL{Host: listen, User: url.UserPassword(user, password)}
	return &vcsim{model, model.Service.NewServer()}, nil
}

func (v *vcsim) origin() string {
	return (&url.URL{Scheme: v.server.URL.Scheme, Host: v.server.URL.Host}).String()
}

// datastore is the id of one that exists: creating a library on any other makes the simulator panic.
func (v *vcsim) datastore() string {
	return v.model.Map().Any("Datastore").Reference().Value
}
