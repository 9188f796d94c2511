package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/vmware/govmomi/vapi/library"
	"github.com/vmware/govmomi/vapi/rest"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/soap"
)

// A client that others wrote holds the same conversation with our server and with the simulator that comes with it.
// What that simulator leaves out is `lenient`: there the conversation goes on and the refusals are not asked for.
type peer struct {
	origin    string
	datastore string
	lenient   bool
}

func TestOurServer(t *testing.T) {
	program := os.Getenv("ACCESSION_SERVER")
	if program == "" {
		t.Skip("ACCESSION_SERVER does not name the server's program")
	}
	// Asked so that go does not take an earlier result for one of this build.
	if _, err := os.Stat(program); err != nil {
		t.Fatal(err)
	}
	ours := peer{origin: startServer(t, program), datastore: "datastore-1"}
	t.Run("completes", func(t *testing.T) { completes(t, ours) })
	t.Run("replaces", func(t *testing.T) { replaces(t, ours) })
	t.Run("refuses", func(t *testing.T) { refuses(t, ours) })
	t.Run("ends otherwise", func(t *testing.T) { endsOtherwise(t, ours) })
}

func TestVcsim(t *testing.T) {
	simulator, err := start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(simulator.model.Remove)
	t.Cleanup(simulator.server.Close)
	theirs := peer{origin: simulator.origin(), datastore: simulator.datastore(), lenient: true}
	t.Run("completes", func(t *testing.T) { completes(t, theirs) })
	t.Run("ends otherwise", func(t *testing.T) { endsOtherwise(t, theirs) })
}

func completes(t *testing.T, at peer) {
	c := logIn(t, at)
	ctx := t.Context()

	login, err := c.Session(ctx)
	must(t, err)
	if login == nil || login.User != user || login.Created.IsZero() {
		t.Errorf("the login is %+v", login)
	}

	item := newItem(t, c, at, "completes")
	before, err := c.GetLibraryItem(ctx, item)
	must(t, err)
	session := newSession(t, c, item)
	content := bytes.Repeat([]byte("content\n"), 200_000)
	push(t, c, session, "image.iso", content)

	files, err := c.ListLibraryItemUpdateSessionFile(ctx, session)
	must(t, err)
	if len(files) != 1 || files[0].Name != "image.iso" || files[0].SourceType != "PUSH" {
		t.Errorf("the session's files are %+v", files)
	}
	file, err := c.GetLibraryItemUpdateSessionFile(ctx, session, "image.iso")
	must(t, err)
	if !at.lenient && (file.Status != "READY" || file.Size != int64(len(content)) ||
		file.BytesTransferred != file.Size || file.UploadEndpoint == nil) {
		t.Errorf("the uploaded file is %+v", file)
	}
	validation, err := c.ValidateLibraryItemUpdateSessionFile(ctx, session)
	must(t, err)
	if validation.HasErrors {
		t.Errorf("validate found %+v", validation)
	}
	if !at.lenient {
		// Nothing is seen of it before completion.
		stored, err := c.ListLibraryItemFiles(ctx, item)
		must(t, err)
		if len(stored) != 0 {
			t.Errorf("before completion the item has %+v", stored)
		}
	}

	must(t, c.KeepAliveLibraryItemUpdateSession(ctx, session))
	must(t, c.CompleteLibraryItemUpdateSession(ctx, session))
	must(t, c.WaitOnLibraryItemUpdateSession(ctx, session, 10*time.Millisecond, nil))
	ended, err := c.GetLibraryItemUpdateSession(ctx, session)
	must(t, err)
	if ended.State != "DONE" || ended.LibraryItemID != item {
		t.Errorf("the completed session is %+v", ended)
	}
	stored, err := c.ListLibraryItemFiles(ctx, item)
	must(t, err)
	if len(stored) != 1 || stored[0].Name != "image.iso" || *stored[0].Size != int64(len(content)) {
		t.Fatalf("after completion the item has %+v", stored)
	}
	if !at.lenient {
		if sum := stored[0].Checksum; sum == nil || sum.Algorithm != "SHA256" || sum.Checksum != digest(content) {
			t.Errorf("the stored digest is %+v", sum)
		}
		after, err := c.GetLibraryItem(ctx, item)
		must(t, err)
		if before.ContentVersion != "1" || after.ContentVersion != "2" || after.Size != int64(len(content)) {
			t.Errorf("before %+v, after %+v", before, after)
		}
	}
	must(t, c.DeleteLibraryItemUpdateSession(ctx, session))
	if _, err = c.GetLibraryItemUpdateSession(ctx, session); !rest.IsStatusError(err, http.StatusNotFound) {
		t.Errorf("after delete, get says %v", err)
	}

	must(t, c.Logout(ctx))
	if login, err = c.Session(ctx); err != nil || login != nil {
		t.Errorf("after logout there is the login %+v, %v", login, err)
	}
}

// The file of an item is pushed again, and another one removed.
func replaces(t *testing.T, at peer) {
	c := logIn(t, at)
	ctx := t.Context()
	item := newItem(t, c, at, "replaces")
	session := newSession(t, c, item)
	push(t, c, session, "kept.iso", []byte("first"))
	push(t, c, session, "dropped.iso", []byte("dropped"))
	must(t, c.CompleteLibraryItemUpdateSession(ctx, session))

	session = newSession(t, c, item)
	push(t, c, session, "kept.iso", []byte("second and longer"))
	must(t, c.RemoveLibraryItemUpdateSessionFile(ctx, session, "dropped.iso"))
	stored, err := c.ListLibraryItemFiles(ctx, item)
	must(t, err)
	if len(stored) != 2 {
		t.Errorf("before completion the item has %+v", stored)
	}
	must(t, c.CompleteLibraryItemUpdateSession(ctx, session))
	stored, err = c.ListLibraryItemFiles(ctx, item)
	must(t, err)
	if len(stored) != 1 || stored[0].Checksum.Checksum != digest([]byte("second and longer")) || stored[0].Version != "2" {
		t.Errorf("after completion the item has %+v", stored)
	}
}

func refuses(t *testing.T, at peer) {
	ctx := t.Context()
	if _, err := client(t, at).ListLibraryItemUpdateSession(ctx); !rest.IsStatusError(err, http.StatusUnauthorized) {
		t.Errorf("without a login, list says %v", err)
	}
	c := logIn(t, at)
	if err := c.CompleteLibraryItemUpdateSession(ctx, "no-such"); !rest.IsStatusError(err, http.StatusNotFound) {
		t.Errorf("complete of an unknown session says %v", err)
	}
	item := newItem(t, c, at, "refuses")
	_, err := c.CreateLibraryItem(ctx, library.Item{Name: "refuses", LibraryID: libraryOf(t, c, item)})
	refused(t, err, "already_exists", "duplicate_item_name_unsupported_in_library")

	session := newSession(t, c, item)
	_, err = c.CreateLibraryItemUpdateSession(ctx, library.Session{LibraryItemID: item})
	refused(t, err, "resource_busy")
	refused(t, c.DeleteLibraryItemUpdateSession(ctx, session), "not_allowed_in_current_state")

	file := add(t, c, session, "late.iso", []byte("right"))
	early := c.CompleteLibraryItemUpdateSession(ctx, session)
	refused(t, early, "NOT_ALLOWED_IN_CURRENT_STATE", "not_allowed_in_current_state",
		"update_session_file_not_received", "late.iso")
	_, err = c.ValidateLibraryItemUpdateSessionFile(ctx, session)
	refused(t, err, "NOT_ALLOWED_IN_CURRENT_STATE", "update_session_file_not_received")

	// As long as declared, but not what was declared.
	send(t, c, file, []byte("wrong"))
	info, err := c.GetLibraryItemUpdateSessionFile(ctx, session, "late.iso")
	must(t, err)
	if info.Status != "ERROR" || !strings.Contains(info.ErrorMessage.Error(), digest([]byte("right"))) {
		t.Errorf("the wrong file is %+v", info)
	}
	refused(t, c.CompleteLibraryItemUpdateSession(ctx, session), "NOT_ALLOWED_IN_CURRENT_STATE", "ERROR")

	push(t, c, session, "late.iso", []byte("right"))
	must(t, c.CompleteLibraryItemUpdateSession(ctx, session))
	refused(t, c.CompleteLibraryItemUpdateSession(ctx, session), "NOT_ALLOWED_IN_CURRENT_STATE", "complete", "DONE")
}

func endsOtherwise(t *testing.T, at peer) {
	c := logIn(t, at)
	ctx := t.Context()
	item := newItem(t, c, at, "ends otherwise")
	session := newSession(t, c, item)
	listed, err := c.ListLibraryItemUpdateSession(ctx)
	must(t, err)
	if !strings.Contains(strings.Join(listed, " "), session) {
		t.Errorf("%s is not in %v", session, listed)
	}
	must(t, c.CancelLibraryItemUpdateSession(ctx, session))
	ended, err := c.GetLibraryItemUpdateSession(ctx, session)
	must(t, err)
	if ended.State != "CANCELED" {
		t.Errorf("the cancelled session is %+v", ended)
	}

	session = newSession(t, c, item)
	err = fail(ctx, c, session, "the disk is gone")
	must(t, err)
	err = c.WaitOnLibraryItemUpdateSession(ctx, session, 10*time.Millisecond, nil)
	if !at.lenient && (err == nil || err.Error() != "the disk is gone") {
		t.Errorf("the failed session says %v", err)
	}
}

// fail does what the client's own call leaves out: it says why, as the API requires.
func fail(ctx context.Context, c *library.Manager, session, why string) error {
	path := c.Resource("/com/vmware/content/library/item/update-session").WithID(session).WithAction("fail")
	return c.Do(ctx, path.Request(http.MethodPost, map[string]string{"client_error_message": why}), nil)
}

// ---------------------------------------------------------------------------------------------------------------------

func client(t *testing.T, at peer) *library.Manager {
	t.Helper()
	origin, err := url.Parse(at.origin)
	must(t, err)
	return library.NewManager(rest.NewClient(&vim25.Client{Client: soap.NewClient(origin, false)}))
}

func logIn(t *testing.T, at peer) *library.Manager {
	t.Helper()
	c := client(t, at)
	must(t, c.Login(t.Context(), url.UserPassword(user, password)))
	return c
}

func newItem(t *testing.T, c *library.Manager, at peer, name string) string {
	t.Helper()
	backing := library.StorageBacking{Type: "DATASTORE", DatastoreID: at.datastore}
	id, err := c.CreateLibrary(t.Context(), library.Library{
		Name: "of " + name, Type: "LOCAL", Storage: []library.StorageBacking{backing},
	})
	must(t, err)
	item, err := c.CreateLibraryItem(t.Context(), library.Item{Name: name, LibraryID: id})
	must(t, err)
	items, err := c.ListLibraryItems(t.Context(), id)
	must(t, err)
	if len(items) != 1 || items[0] != item {
		t.Errorf("the library has %v, not %s", items, item)
	}
	return item
}

func libraryOf(t *testing.T, c *library.Manager, item string) string {
	t.Helper()
	model, err := c.GetLibraryItem(t.Context(), item)
	must(t, err)
	return model.LibraryID
}

func newSession(t *testing.T, c *library.Manager, item string) string {
	t.Helper()
	id, err := c.CreateLibraryItemUpdateSession(t.Context(), library.Session{LibraryItemID: item})
	must(t, err)
	session, err := c.GetLibraryItemUpdateSession(t.Context(), id)
	must(t, err)
	if session.State != "ACTIVE" || session.LibraryItemID != item || !session.ExpirationTime.After(time.Now()) {
		t.Errorf("the new session is %+v", session)
	}
	return id
}

func add(t *testing.T, c *library.Manager, session, name string, content []byte) *library.UpdateFile {
	t.Helper()
	file, err := c.AddLibraryItemFile(t.Context(), session, library.UpdateFile{
		Name:       name,
		SourceType: "PUSH",
		Size:       int64(len(content)),
		Checksum:   &library.Checksum{Algorithm: "SHA256", Checksum: digest(content)},
	})
	must(t, err)
	if file.Status != "WAITING_FOR_TRANSFER" || file.UploadEndpoint == nil {
		t.Fatalf("the added file is %+v", file)
	}
	return file
}

func send(t *testing.T, c *library.Manager, file *library.UpdateFile, content []byte) {
	t.Helper()
	link, err := url.Parse(file.UploadEndpoint.URI)
	must(t, err)
	upload := soap.DefaultUpload
	upload.ContentLength = int64(len(content))
	must(t, c.Upload(t.Context(), bytes.NewReader(content), link, &upload))
}

func push(t *testing.T, c *library.Manager, session, name string, content []byte) {
	t.Helper()
	send(t, c, add(t, c, session, name, content), content)
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

// refused checks that an error of the API has all of these words.
func refused(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.HasPrefix(err.Error(), "400 ") || !strings.Contains(err.Error(), word) {
			t.Errorf("%v does not refuse with %s", err, word)
		}
	}
}

// startServer starts our server and gives its origin, which it says in its first line with one.
func startServer(t *testing.T, program string) string {
	t.Helper()
	read, write, err := os.Pipe()
	must(t, err)
	server := exec.Command(program, "--listen", "127.0.0.1:0")
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
			return strings.Fields(origin)[0]
		}
		if errors.Is(err, io.EOF) {
			t.Fatal("the server ended without saying where it listens")
		}
		must(t, err)
	}
}
