package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vmware/govmomi/vapi/library"
)

var logins = chapter{"Logins and requests", []situation{
	{what: "A call without a login", by: "login.required", vcenter: "401 UNAUTHENTICATED",
		see: func(c *conversation) string {
			_, err := c.stranger().ListLibraryItemUpdateSession(c.ctx)
			return c.answer(err)
		}},
	{what: "A login with a wrong password", by: "login.credentials", vcenter: "401 UNAUTHENTICATED",
		see: func(c *conversation) string {
			return c.answer(c.stranger().Login(c.ctx, url.UserPassword(user, "another")))
		}},
	{what: "Whose login it is", by: "cis.session.get", vcenter: "user, since when, last used when",
		see: func(c *conversation) string {
			login, err := c.Session(c.ctx)
			if err != nil || login == nil || login.User != user || login.Created.IsZero() || login.LastAccessed.IsZero() {
				return fmt.Sprintf("something else: %v", err)
			}
			return "user, since when, last used when"
		}},
	{what: "A call after the logout", by: "login.required", vcenter: "401 UNAUTHENTICATED",
		see: func(c *conversation) string {
			must(c.t, c.Logout(c.ctx))
			_, err := c.ListLibraries(c.ctx)
			return c.answer(err)
		}},
	{what: "A path that there is not, without a login", by: "request.path-before-login", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			err := c.stranger().Do(c.ctx, c.Resource("/com/vmware/content/no-such").Request(http.MethodGet), nil)
			return c.answer(err)
		}},
	{what: "The list of sessions, on `/api`", by: "library.item.update_session.list",
		vcenter: "accepted",
		see: func(c *conversation) string {
			var ids []string
			return c.answer(c.raw(http.MethodGet, "/api/content/library/item/update-session", "", nil, &ids))
		}},
	{what: "A body that is not JSON", by: "request.well-formed", vcenter: "400 INVALID_ARGUMENT",
		see: func(c *conversation) string {
			target := c.Resource(itemPath).Request(http.MethodPost).URL.String()
			request, err := http.NewRequest(http.MethodPost, target, strings.NewReader("{"))
			must(c.t, err)
			return c.answer(c.Do(c.ctx, request, nil))
		}},
	{what: "A field that the structure does not have", by: "request.known-fields", vcenter: "400 UNEXPECTED_INPUT",
		see: func(c *conversation) string {
			spec := map[string]any{"create_spec": map[string]any{"library_item_id": c.item(), "colour": "red"}}
			return c.answer(c.raw(http.MethodPost, sessionPath, "", spec, nil))
		}},
	{what: "A create repeated with the same client token ¹", by: "client-token.replay", vcenter: "the same id again",
		see: func(c *conversation) string {
			spec := map[string]any{
				"client_token": token, "create_spec": map[string]any{"library_item_id": c.item()},
			}
			var first, second string
			must(c.t, c.raw(http.MethodPost, sessionPath, "", spec, &first))
			if err := c.raw(http.MethodPost, sessionPath, "", spec, &second); err != nil {
				return c.answer(err)
			}
			if first != second {
				return "another session"
			}
			return "the same id again"
		}},
	{what: "A client token that is no UUID ¹", by: "client-token.form", vcenter: "400 INVALID_ARGUMENT",
		see: func(c *conversation) string {
			spec := map[string]any{
				"client_token": "again", "create_spec": map[string]any{"library_item_id": c.item()},
			}
			return c.answer(c.raw(http.MethodPost, sessionPath, "", spec, nil))
		}},
}}

var libraries = chapter{"Libraries", []situation{
	{what: "create, get", by: "library.get", vcenter: "LOCAL, ACTIVE, with a version, with an empty description",
		see: func(c *conversation) string {
			model, err := c.GetLibraryByID(c.ctx, c.library())
			must(c.t, err)
			description, state := "without a description", "no state"
			if model.Description != nil && *model.Description == "" {
				description = "with an empty description"
			}
			if model.StateInfo != nil {
				state = model.StateInfo.State
			}
			return fmt.Sprintf("%s, %s, %s, %s", model.Type, state, version(model.Version), description)
		}},
	{what: "create without a storage backing", by: "library.spec", vcenter: "400 INVALID_ARGUMENT",
		see: func(c *conversation) string {
			_, err := c.CreateLibrary(c.ctx, library.Library{Name: "library", Type: "LOCAL"})
			return c.answer(err)
		}},
	{what: "create with two storage backings", by: "library.spec", vcenter: "400 UNSUPPORTED",
		see: func(c *conversation) string {
			spec := c.librarySpec("library")
			spec.Storage = append(spec.Storage, spec.Storage[0])
			_, err := c.CreateLibrary(c.ctx, spec)
			return c.answer(err)
		}},
	{what: "create without a name", by: "library.spec", vcenter: "400 INVALID_ARGUMENT",
		see: func(c *conversation) string {
			_, err := c.CreateLibrary(c.ctx, c.librarySpec(""))
			return c.answer(err)
		}},
	{what: "create of one that is published", by: "local_library.create", vcenter: "accepted",
		ours: "400 UNSUPPORTED",
		see: func(c *conversation) string {
			published := true
			spec := c.librarySpec("library")
			spec.Publication = &library.Publication{AuthenticationMethod: "NONE", Published: &published}
			_, err := c.CreateLibrary(c.ctx, spec)
			return c.answer(err)
		}},
	{what: "create of one that is subscribed", by: "documented: `com.vmware.content.subscribed_library` create",
		vcenter: "accepted", ours: "404 NOT_FOUND",
		see: func(c *conversation) string {
			spec := c.librarySpec("library")
			spec.Type = "SUBSCRIBED"
			spec.Subscription = &library.Subscription{
				AuthenticationMethod: "NONE", SubscriptionURL: c.sources.uri("/there/lib.json"),
			}
			_, err := c.CreateLibrary(c.ctx, spec)
			return c.answer(err)
		}},
	{what: "list, find by a name in other letters", by: "library.find", vcenter: "found",
		see: func(c *conversation) string {
			id, err := c.CreateLibrary(c.ctx, c.librarySpec("Sought"))
			must(c.t, err)
			all, err := c.ListLibraries(c.ctx)
			must(c.t, err)
			found, err := c.FindLibrary(c.ctx, library.Find{Name: "sOUGHT", Type: "LOCAL"})
			must(c.t, err)
			if !slices.Contains(all, id) || !slices.Equal(found, []string{id}) {
				return "not found"
			}
			return "found"
		}},
	{what: "find by nothing", by: "find.spec", vcenter: "400 INVALID_ARGUMENT",
		see: func(c *conversation) string {
			_, err := c.FindLibrary(c.ctx, library.Find{})
			return c.answer(err)
		}},
	{what: "update of the name", by: "library.update", vcenter: "new name, another version",
		see: func(c *conversation) string {
			id := c.library()
			before, err := c.GetLibraryByID(c.ctx, id)
			must(c.t, err)
			must(c.t, c.UpdateLibrary(c.ctx, &library.Library{ID: id, Name: "new name"}))
			after, err := c.GetLibraryByID(c.ctx, id)
			must(c.t, err)
			return fmt.Sprintf("%s, %s version", after.Name, compared(before.Version, after.Version))
		}},
	{what: "update with a version that is not the current one ¹", by: "library.version",
		vcenter: "400 INVALID_ARGUMENT",
		see: func(c *conversation) string {
			spec := map[string]any{"update_spec": map[string]any{"name": "new name", "version": "7"}}
			return c.answer(c.raw(http.MethodPatch, libraryPath+"/id:"+c.library(), "", spec, nil))
		}},
	{what: "get of one that there is not", by: "library.exists", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			_, err := c.GetLibraryByID(c.ctx, unknown)
			return c.answer(err)
		}},
	{what: "force-delete as the client has it, with DELETE", by: "assumed: it is documented as a POST",
		vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			return c.answer(c.ForceDeleteLibrary(c.ctx, &library.Library{ID: c.library(), Type: "LOCAL"}))
		}},
	{what: "force-delete with POST ¹, get", by: "local_library.force_delete", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			id := c.library()
			must(c.t, c.raw(http.MethodPost, "/com/vmware/content/local-library/id:"+id, "force-delete", nil, nil))
			_, err := c.GetLibraryByID(c.ctx, id)
			return c.answer(err)
		}},
	{what: "delete; get of an item that was in it", by: "item.exists", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			item := c.item()
			must(c.t, c.DeleteLibrary(c.ctx, &library.Library{ID: c.libraryOf(item), Type: "LOCAL"}))
			_, err := c.GetLibraryItem(c.ctx, item)
			return c.answer(err)
		}},
}}

var items = chapter{"Items", []situation{
	{what: "create, get", by: "library.item.get", vcenter: "iso, 0 bytes, with a version",
		see: func(c *conversation) string {
			model := c.itemModel(c.item())
			return fmt.Sprintf("%s, %d bytes, %s", model.Type, model.Size, version(model.Version))
		}},
	{what: "create in a library that there is not", by: "library.exists", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			_, err := c.CreateLibraryItem(c.ctx, library.Item{Name: "item", LibraryID: unknown})
			return c.answer(err)
		}},
	{what: "create without a name", by: "item.spec", vcenter: "400 INVALID_ARGUMENT",
		see: func(c *conversation) string {
			_, err := c.CreateLibraryItem(c.ctx, library.Item{LibraryID: c.library()})
			return c.answer(err)
		}},
	{what: "create with a name of 81 characters", by: "item.spec", vcenter: "400 INVALID_ARGUMENT",
		see: func(c *conversation) string {
			_, err := c.CreateLibraryItem(c.ctx, library.Item{Name: strings.Repeat("n", 81), LibraryID: c.library()})
			return c.answer(err)
		}},
	{what: "create with a name that is taken", by: "item.name-unique", vcenter: "400 ALREADY_EXISTS",
		see: func(c *conversation) string {
			_, err := c.CreateLibraryItem(c.ctx, library.Item{Name: "item", LibraryID: c.libraryOf(c.item())})
			return c.answer(err)
		}},
	{what: "list of a library that there is not", by: "library.exists", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			_, err := c.ListLibraryItems(c.ctx, unknown)
			return c.answer(err)
		}},
	{what: "list, find by a name in other letters", by: "library.item.find", vcenter: "found",
		see: func(c *conversation) string {
			in := c.library()
			item := c.itemIn(in, "Sought", library.ItemTypeISO)
			all, err := c.ListLibraryItems(c.ctx, in)
			must(c.t, err)
			found, err := c.FindLibraryItems(c.ctx, library.FindItem{LibraryID: in, Name: "sOUGHT", Type: "ISO"})
			must(c.t, err)
			if !slices.Equal(all, []string{item}) || !slices.Equal(found, []string{item}) {
				return "not found"
			}
			return "found"
		}},
	{what: "find by nothing", by: "find.spec", vcenter: "400 INVALID_ARGUMENT",
		see: func(c *conversation) string {
			_, err := c.FindLibraryItems(c.ctx, library.FindItem{})
			return c.answer(err)
		}},
	{what: "update of the name", by: "library.item.update",
		vcenter: "new name, another version, another metadata version, the same content version",
		see: func(c *conversation) string {
			item := c.item()
			before := c.itemModel(item)
			must(c.t, c.UpdateLibraryItem(c.ctx, &library.Item{ID: item, Name: "new name"}))
			return c.itemModel(item).Name + ", " + changed(before, c.itemModel(item))
		}},
	{what: "update to a name that is taken", by: "item.name-unique", vcenter: "400 ALREADY_EXISTS",
		see: func(c *conversation) string {
			item := c.item()
			c.itemIn(c.libraryOf(item), "taken", library.ItemTypeISO)
			return c.answer(c.UpdateLibraryItem(c.ctx, &library.Item{ID: item, Name: "taken"}))
		}},
	{what: "update with a version that is not the current one ¹", by: "library.version",
		vcenter: "400 INVALID_ARGUMENT",
		see: func(c *conversation) string {
			spec := map[string]any{"update_spec": map[string]any{"name": "new name", "version": "7"}}
			return c.answer(c.raw(http.MethodPatch, itemPath+"/id:"+c.item(), "", spec, nil))
		}},
	{what: "copy: the files of the new item, in the end", by: "library.item.copy", vcenter: "a.iso (5 bytes)",
		see: func(c *conversation) string {
			item := c.filled(c.item(), "a.iso")
			id, err := c.CopyLibraryItem(c.ctx, &library.Item{ID: item},
				library.Item{Name: "copy", LibraryID: c.libraryOf(item)})
			if err != nil {
				return c.answer(err)
			}
			return c.until(func() (string, bool) {
				files := c.files(id)
				return files, files != "none"
			})
		}},
	{what: "copy: name and source of the new item", by: "library.item.copy",
		vcenter: "the given name, made of the source",
		see: func(c *conversation) string {
			item := c.item()
			id, err := c.CopyLibraryItem(c.ctx, &library.Item{ID: item},
				library.Item{Name: "copy", LibraryID: c.libraryOf(item)})
			must(c.t, err)
			model, err := c.GetLibraryItem(c.ctx, id)
			must(c.t, err)
			name, source := "the name of the source", "made of nothing"
			if model.Name == "copy" {
				name = "the given name"
			}
			if model.SourceID == item {
				source = "made of the source"
			}
			return name + ", " + source
		}},
	{what: "copy: what becomes of the copy when files are added to the source", by: "library.item.copy",
		vcenter: "it stays as it was",
		see: func(c *conversation) string {
			item := c.item()
			id, err := c.CopyLibraryItem(c.ctx, &library.Item{ID: item},
				library.Item{Name: "copy", LibraryID: c.libraryOf(item)})
			must(c.t, err)
			c.filled(item, "a.iso")
			if c.files(id) != "none" {
				return "it has them too"
			}
			return "it stays as it was"
		}},
	{what: "copy without a name", by: "item.spec", vcenter: "400 INVALID_ARGUMENT, no copy",
		see: func(c *conversation) string {
			item := c.item()
			in := c.libraryOf(item)
			_, err := c.CopyLibraryItem(c.ctx, &library.Item{ID: item}, library.Item{LibraryID: in})
			answer := c.answer(err)
			items, err := c.ListLibraryItems(c.ctx, in)
			must(c.t, err)
			if len(items) == 1 {
				return answer + ", no copy"
			}
			return answer + ", and a copy"
		}},
	{what: "copy to a name that is taken", by: "item.name-unique", vcenter: "400 ALREADY_EXISTS",
		see: func(c *conversation) string {
			item := c.item()
			_, err := c.CopyLibraryItem(c.ctx, &library.Item{ID: item},
				library.Item{Name: "item", LibraryID: c.libraryOf(item)})
			return c.answer(err)
		}},
	{what: "copy of one that there is not", by: "item.exists", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			_, err := c.CopyLibraryItem(c.ctx, &library.Item{ID: unknown},
				library.Item{Name: "copy", LibraryID: c.library()})
			return c.answer(err)
		}},
	{what: "delete, get", by: "item.exists", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			item := c.item()
			must(c.t, c.DeleteLibraryItem(c.ctx, &library.Item{ID: item}))
			_, err := c.GetLibraryItem(c.ctx, item)
			return c.answer(err)
		}},
	{what: "delete under an ACTIVE session: get of the session", by: "assumed: the reference is silent",
		vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			item := c.item()
			session := c.sessionOn(item)
			must(c.t, c.DeleteLibraryItem(c.ctx, &library.Item{ID: item}))
			return c.state(session)
		}},
}}

var itemFiles = chapter{"Files and storage of an item", []situation{
	{what: "list of files after completion", by: "library.item.file.list",
		vcenter: "a.iso (5 bytes), b.iso (5 bytes)",
		see: func(c *conversation) string {
			return c.files(c.filled(c.item(), "a.iso", "b.iso"))
		}},
	{what: "get of a file: its checksum", by: "library.item.file.get", vcenter: "that of the bytes",
		see: func(c *conversation) string {
			file, err := c.GetLibraryItemFile(c.ctx, c.filled(c.item(), "a.iso"), "a.iso")
			must(c.t, err)
			switch {
			case file.Checksum == nil:
				return "none"
			case *file.Checksum != library.Checksum{Algorithm: "SHA256", Checksum: digest([]byte("a.iso"))}:
				return "another one"
			default:
				return "that of the bytes"
			}
		}},
	{what: "get of a file that there is not", by: "item.file-exists", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			_, err := c.GetLibraryItemFile(c.ctx, c.item(), "a.iso")
			return c.answer(err)
		}},
	{what: "list of storage", by: "library.item.storage.list",
		vcenter: "a.iso, 5 bytes, on the library's datastore, at a URI",
		see: func(c *conversation) string {
			stored, err := c.ListLibraryItemStorage(c.ctx, c.filled(c.item(), "a.iso"))
			must(c.t, err)
			return c.stored(stored)
		}},
	{what: "get of storage", by: "library.item.storage.get",
		vcenter: "a.iso, 5 bytes, on the library's datastore, at a URI",
		see: func(c *conversation) string {
			stored, err := c.GetLibraryItemStorage(c.ctx, c.filled(c.item(), "a.iso", "b.iso"), "a.iso")
			must(c.t, err)
			return c.stored(stored)
		}},
	{what: "get of storage of a file that there is not", by: "item.file-exists", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			_, err := c.GetLibraryItemStorage(c.ctx, c.item(), "a.iso")
			return c.answer(err)
		}},
	{what: "create of a download session", by: "documented: `com.vmware.content.library.item.download_session` create",
		vcenter: "accepted", ours: "404 NOT_FOUND",
		see: func(c *conversation) string {
			_, err := c.CreateLibraryItemDownloadSession(c.ctx, library.Session{LibraryItemID: c.item()})
			return c.answer(err)
		}},
	{what: "The files before the session is completed", by: "library.item.update_session.complete",
		vcenter: "none",
		see: func(c *conversation) string {
			item := c.item()
			c.push(c.sessionOn(item), "a.iso", right)
			return c.files(item)
		}},
	{what: "The item after completion", by: "library.item.get",
		vcenter: "5 bytes, the same version, the same metadata version, another content version",
		see: func(c *conversation) string {
			item := c.item()
			before := c.itemModel(item)
			after := c.itemModel(c.filled(item, "a.iso"))
			return fmt.Sprintf("%d bytes, %s", after.Size, changed(before, after))
		}},
	{what: "A file pushed again in another session", by: "library.item.updatesession.file.add",
		vcenter: "a.iso (5 bytes), another version",
		see: func(c *conversation) string {
			item := c.filled(c.item(), "a.iso")
			before, err := c.GetLibraryItemFile(c.ctx, item, "a.iso")
			must(c.t, err)
			c.filled(item, "a.iso")
			after, err := c.GetLibraryItemFile(c.ctx, item, "a.iso")
			must(c.t, err)
			return fmt.Sprintf("%s, %s version", c.files(item), compared(before.Version, after.Version))
		}},
}}
