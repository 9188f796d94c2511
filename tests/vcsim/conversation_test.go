package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmware/govmomi/vapi/library"
	"github.com/vmware/govmomi/vapi/rest"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/soap"
)

// A conversation is govmomi's client, logged in at a peer, and words for what is to be seen there.
type conversation struct {
	*library.Manager
	t         *testing.T
	ctx       context.Context
	origin    string
	datastore string
	sources   sources
	wire      *wire
	// pass lets time pass, where it can.
	pass func(time.Duration)
}

func (c *conversation) hold(s *situation) string {
	c.ctx = c.t.Context()
	c.Manager = c.stranger()
	must(c.t, c.Login(c.ctx, url.UserPassword(user, password)))
	return s.see(c)
}

// stranger is a client that is not logged in.
func (c *conversation) stranger() *library.Manager {
	origin, err := url.Parse(c.origin)
	must(c.t, err)
	client := rest.NewClient(&vim25.Client{Client: soap.NewClient(origin, false)})
	client.Client.Client.Transport = c.wire
	return library.NewManager(client)
}

// later lets time pass, and logs in again: logins end sooner.
func (c *conversation) later(time time.Duration) {
	c.t.Helper()
	c.pass(time)
	must(c.t, c.Login(c.ctx, url.UserPassword(user, password)))
}

// raw is a call that the client does not have, or not in this form.
func (c *conversation) raw(method, path, action string, body, result any) error {
	resource := c.Resource(path)
	if action != "" {
		resource = resource.WithAction(action)
	}
	if body == nil {
		return c.Do(c.ctx, resource.Request(method), result)
	}
	return c.Do(c.ctx, resource.Request(method, body), result)
}

// ----------------------------------------------------------------------------------------------- what conversations do

func (c *conversation) librarySpec(name string) library.Library {
	return library.Library{
		Name: name, Type: "LOCAL",
		Storage: []library.StorageBacking{{Type: "DATASTORE", DatastoreID: c.datastore}},
	}
}

func (c *conversation) library() string {
	c.t.Helper()
	id, err := c.CreateLibrary(c.ctx, c.librarySpec("library"))
	must(c.t, err)
	return id
}

func (c *conversation) itemIn(in, name, kind string) string {
	c.t.Helper()
	id, err := c.CreateLibraryItem(c.ctx, library.Item{Name: name, LibraryID: in, Type: kind})
	must(c.t, err)
	return id
}

func (c *conversation) item() string {
	c.t.Helper()
	return c.itemIn(c.library(), "item", library.ItemTypeISO)
}

func (c *conversation) sessionOn(item string) string {
	c.t.Helper()
	id, err := c.CreateLibraryItemUpdateSession(c.ctx, library.Session{LibraryItemID: item})
	must(c.t, err)
	return id
}

func (c *conversation) session() string {
	c.t.Helper()
	return c.sessionOn(c.item())
}

// addSpec declares size and checksum.
func addSpec(name string, content []byte) library.UpdateFile {
	return library.UpdateFile{
		Name: name, SourceType: "PUSH", Size: int64(len(content)),
		Checksum: &library.Checksum{Algorithm: "SHA256", Checksum: digest(content)},
	}
}

func (c *conversation) add(session, name string, content []byte) *library.UpdateFile {
	c.t.Helper()
	file, err := c.AddLibraryItemFile(c.ctx, session, addSpec(name, content))
	must(c.t, err)
	if file.UploadEndpoint == nil {
		c.t.Fatalf("the added file has no upload link: %+v", file)
	}
	return file
}

// put sends the bytes of a file as the client does.
func (c *conversation) put(file *library.UpdateFile, content []byte) error {
	c.t.Helper()
	link, err := url.Parse(file.UploadEndpoint.URI)
	must(c.t, err)
	upload := soap.DefaultUpload
	upload.ContentLength = int64(len(content))
	return c.Upload(c.ctx, bytes.NewReader(content), link, &upload)
}

// sent sends a file in another way than the client does, and tells the answer.
func (c *conversation) sent(method string, file *library.UpdateFile, headers http.Header) string {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.ctx, method, file.UploadEndpoint.URI, bytes.NewReader(right))
	must(c.t, err)
	maps.Copy(request.Header, headers)
	response, err := (&http.Client{Transport: c.wire}).Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	return c.wire.answer()
}

func (c *conversation) push(session, name string, content []byte) {
	c.t.Helper()
	must(c.t, c.put(c.add(session, name, content), content))
}

// filled is an item with these files, each with its name as content.
func (c *conversation) filled(item string, names ...string) string {
	c.t.Helper()
	session := c.sessionOn(item)
	for _, name := range names {
		c.push(session, name, []byte(name))
	}
	c.complete(session)
	return item
}

// complete waits for what may come later than the answer.
func (c *conversation) complete(session string) {
	c.t.Helper()
	must(c.t, c.CompleteLibraryItemUpdateSession(c.ctx, session))
	ctx, cancel := context.WithTimeout(c.ctx, patience)
	defer cancel()
	must(c.t, c.WaitOnLibraryItemUpdateSession(ctx, session, interval, nil))
}

// ------------------------------------------------------------------------------------------------ what is seen of them

// answer tells the last answer, and a result that the client could not read.
func (c *conversation) answer(err error) string {
	if seen := c.wire.answer(); err == nil || seen != "accepted" {
		return seen
	}
	if len(c.wire.body) == 0 {
		return "accepted, with no result"
	}
	return "accepted, with a result that the client cannot read"
}

func (c *conversation) state(session string) string {
	c.t.Helper()
	info, err := c.GetLibraryItemUpdateSession(c.ctx, session)
	if err != nil {
		return c.answer(err)
	}
	return info.State
}

// settled waits until the session is not ACTIVE, and tells what it is then.
func (c *conversation) settled(session string) string {
	c.t.Helper()
	return c.until(func() (string, bool) {
		state := c.state(session)
		return state, state != "ACTIVE"
	})
}

// patience is for what comes by itself, sooner or later.
const (
	patience = 30 * time.Second
	interval = 5 * time.Millisecond
)

// until asks until there is an answer that will stay.
func (c *conversation) until(ask func() (string, bool)) string {
	c.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(interval) {
		seen, stays := ask()
		if stays {
			return seen
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("it is still %s", seen)
		}
	}
}

func (c *conversation) status(session, name string) string {
	c.t.Helper()
	file, err := c.GetLibraryItemUpdateSessionFile(c.ctx, session, name)
	if err != nil {
		return c.answer(err)
	}
	return file.Status
}

// reasoned tells a file's status, and whether it says why it is so.
func (c *conversation) reasoned(session, name string) string {
	c.t.Helper()
	file, err := c.GetLibraryItemUpdateSessionFile(c.ctx, session, name)
	if err != nil {
		return c.answer(err)
	}
	return file.Status + ", " + reason(file.ErrorMessage)
}

func reason(message *rest.LocalizableMessage) string {
	if message == nil || message.DefaultMessage == "" {
		return "without a reason"
	}
	return "with a reason"
}

// message tells the id of what an error says, and its first arguments, if those are the expected ones.
func (c *conversation) message(err error, expected ...string) string {
	if err == nil {
		return "accepted"
	}
	messages := c.wire.error().Messages
	if len(messages) == 0 {
		return "no message"
	}
	seen := "`" + messages[0].ID + "`"
	switch args := messages[0].Args; {
	case len(expected) == 0:
		return seen
	case len(args) < len(expected) || !slices.Equal(args[:len(expected)], expected):
		return seen + " of something else"
	default:
		return seen + " of " + strings.Join(expected, ", ")
	}
}

// files tells the item's files and their sizes.
func (c *conversation) files(item string) string {
	c.t.Helper()
	files, err := c.ListLibraryItemFiles(c.ctx, item)
	if err != nil {
		return c.answer(err)
	}
	var seen []string
	for _, file := range files {
		seen = append(seen, fmt.Sprintf("%s (%d bytes)", file.Name, *file.Size))
	}
	return listed(seen)
}

// sessionFiles tells the names of the session's files.
func (c *conversation) sessionFiles(session string) string {
	c.t.Helper()
	files, err := c.ListLibraryItemUpdateSessionFile(c.ctx, session)
	if err != nil {
		return c.answer(err)
	}
	var seen []string
	for _, file := range files {
		seen = append(seen, file.Name)
	}
	return listed(seen)
}

func (c *conversation) itemModel(item string) *library.Item {
	c.t.Helper()
	model, err := c.GetLibraryItem(c.ctx, item)
	must(c.t, err)
	return model
}

func (c *conversation) libraryOf(item string) string {
	c.t.Helper()
	return c.itemModel(item).LibraryID
}

// stored tells where files lie.
func (c *conversation) stored(stored []library.Storage) string {
	c.t.Helper()
	var seen []string
	for _, file := range stored {
		where, at := "elsewhere", "at no URI"
		if file.StorageBacking.DatastoreID == c.datastore {
			where = "on the library's datastore"
		}
		if len(file.StorageURIs) == 1 {
			uri, err := url.Parse(file.StorageURIs[0])
			must(c.t, err)
			at = "at a path of the server's machine"
			if uri.Scheme != "" {
				at = "at a URI"
			}
		}
		seen = append(seen, fmt.Sprintf("%s, %d bytes, %s, %s", file.Name, file.Size, where, at))
	}
	return listed(seen)
}

// afterComplete tells what complete answers, and what the session is then.
func (c *conversation) afterComplete(session string) string {
	c.t.Helper()
	answer := c.answer(c.CompleteLibraryItemUpdateSession(c.ctx, session))
	if answer == "accepted" {
		return answer + ", " + c.settled(session)
	}
	return answer + ", " + still(c.state(session))
}

func (c *conversation) validated(session string) string {
	c.t.Helper()
	result, err := c.ValidateLibraryItemUpdateSessionFile(c.ctx, session)
	if err != nil {
		return c.answer(err)
	}
	if !result.HasErrors {
		return "no errors"
	}
	seen := "errors"
	if len(result.MissingFiles) > 0 {
		seen += ", missing " + listed(result.MissingFiles)
	}
	for _, file := range result.InvalidFiles {
		seen += ", invalid " + file.Name
	}
	return seen
}

// pulled fetches a file from a source as the client does it, completes, and waits.
func (c *conversation) pulled(path string, checksum ...library.Checksum) string {
	c.t.Helper()
	item := c.item()
	session := c.sessionOn(item)
	if _, err := c.AddLibraryItemFileFromURI(c.ctx, session, "a.iso", c.sources.uri(path), checksum...); err != nil {
		return c.answer(err)
	}
	if err := c.CompleteLibraryItemUpdateSession(c.ctx, session); err != nil {
		return c.answer(err)
	}
	return c.settled(session) + ", " + c.files(item)
}

// pulledFrom adds a file with a source, completes what is ACTIVE then, and tells what came of it.
func (c *conversation) pulledFrom(source library.TransferEndpoint) string {
	c.t.Helper()
	item := c.item()
	session := c.sessionOn(item)
	spec := library.UpdateFile{Name: "a.iso", SourceType: "PULL", SourceEndpoint: &source}
	// The client makes an error of a file that is in ERROR already.
	if _, err := c.AddLibraryItemFile(c.ctx, session, spec); c.wire.answer() != "accepted" {
		return c.answer(err)
	}
	c.tried(session, "a.iso")
	if c.state(session) == "ACTIVE" {
		must(c.t, c.CompleteLibraryItemUpdateSession(c.ctx, session))
	}
	state := c.settled(session)
	info, err := c.GetLibraryItemUpdateSession(c.ctx, session)
	must(c.t, err)
	return fmt.Sprintf("%s, %s, %s", state, reason(info.ErrorMessage), c.files(item))
}

// tried waits until the server has tried to fetch a file, and tells its status.
func (c *conversation) tried(session, name string) string {
	c.t.Helper()
	return c.until(func() (string, bool) {
		status := c.status(session, name)
		return status, status != "WAITING_FOR_TRANSFER" && status != "TRANSFERRING" && status != "VALIDATING"
	})
}

func listed(seen []string) string {
	if len(seen) == 0 {
		return "none"
	}
	slices.Sort(seen)
	return strings.Join(seen, ", ")
}

func version(version string) string {
	if version == "" {
		return "without a version"
	}
	return "with a version"
}

// changed tells which versions of an item are others.
func changed(before, after *library.Item) string {
	return fmt.Sprintf("%s version, %s metadata version, %s content version",
		compared(before.Version, after.Version), compared(before.MetadataVersion, after.MetadataVersion),
		compared(before.ContentVersion, after.ContentVersion))
}

func compared(before, after string) string {
	switch {
	case after == "":
		return "no"
	case before == after:
		return "the same"
	default:
		return "another"
	}
}

func still(state string) string {
	if state == "ACTIVE" {
		return "still ACTIVE"
	}
	return state
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
