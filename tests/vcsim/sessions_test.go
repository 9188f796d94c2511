package main

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/vmware/govmomi/vapi/library"
)

var sessions = chapter{"Sessions", []situation{
	{what: "create, get", by: "library.item.update_session.get",
		vcenter: "ACTIVE, of its item, of the item's content version",
		see: func(c *conversation) string {
			item := c.item()
			info, err := c.GetLibraryItemUpdateSession(c.ctx, c.sessionOn(item))
			must(c.t, err)
			if info.LibraryItemID != item || info.LibraryItemContentVersion != c.itemModel(item).ContentVersion {
				return info.State + ", of something else"
			}
			return info.State + ", of its item, of the item's content version"
		}},
	{what: "create on an item that there is not", by: "item.exists", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			_, err := c.CreateLibraryItemUpdateSession(c.ctx, library.Session{LibraryItemID: unknown})
			return c.answer(err)
		}},
	{what: "create on an item that has an ACTIVE one", by: "session.one-active", vcenter: "400 RESOURCE_BUSY",
		see: func(c *conversation) string {
			item := c.item()
			c.sessionOn(item)
			_, err := c.CreateLibraryItemUpdateSession(c.ctx, library.Session{LibraryItemID: item})
			return c.answer(err)
		}},
	{what: "create on an item that has a DONE one", by: "session.one-active", vcenter: "accepted",
		see: func(c *conversation) string {
			item := c.item()
			c.complete(c.sessionOn(item))
			_, err := c.CreateLibraryItemUpdateSession(c.ctx, library.Session{LibraryItemID: item})
			return c.answer(err)
		}},
	{what: "list", by: "library.item.update_session.list", vcenter: "it is there",
		see: func(c *conversation) string {
			session := c.session()
			ids, err := c.ListLibraryItemUpdateSession(c.ctx)
			must(c.t, err)
			if !slices.Contains(ids, session) {
				return "it is not there"
			}
			return "it is there"
		}},
	{what: "get of one that there is not", by: "session.exists", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			return c.state(unknown)
		}},
	{what: "complete of one that there is not", by: "session.exists", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			return c.answer(c.CompleteLibraryItemUpdateSession(c.ctx, unknown))
		}},
	{what: "How long it is said to live at least", by: "session.expiry", vcenter: "5m0s", takes: true,
		see: func(c *conversation) string {
			info, err := c.GetLibraryItemUpdateSession(c.ctx, c.session())
			must(c.t, err)
			return time.Until(*info.ExpirationTime).Round(time.Minute).String()
		}},
	{what: "get after five minutes without activity", by: "session.expiry", vcenter: "404 NOT_FOUND", takes: true,
		see: func(c *conversation) string {
			session := c.session()
			c.later(5*time.Minute + time.Second)
			return c.state(session)
		}},
	{what: "get after two days without activity", by: "session.expiry", vcenter: "404 NOT_FOUND", takes: true,
		see: func(c *conversation) string {
			session := c.session()
			c.later(48 * time.Hour)
			return c.state(session)
		}},
	{what: "get after eight minutes, with a keep-alive in the middle", by: "session.expiry",
		vcenter: "ACTIVE", takes: true,
		see: func(c *conversation) string {
			session := c.session()
			c.later(4 * time.Minute)
			must(c.t, c.KeepAliveLibraryItemUpdateSession(c.ctx, session))
			c.later(4 * time.Minute)
			return c.state(session)
		}},
	{what: "get of a DONE one after two hours", by: "documented: for how long is not",
		vcenter: "kept for a while", ours: "DONE", takes: true,
		see: func(c *conversation) string {
			session := c.session()
			c.complete(session)
			c.later(2 * time.Hour)
			return c.state(session)
		}},
	{what: "update of the warning behavior ¹", by: "library.item.update_session.update",
		vcenter: "self-signed certificates are ignored",
		see: func(c *conversation) string {
			id := sessionPath + "/id:" + c.session()
			ignore := []map[string]any{{"type": "SELF_SIGNED_CERTIFICATE", "ignored": true}}
			spec := map[string]any{"update_spec": map[string]any{"warning_behavior": ignore}}
			if err := c.raw(http.MethodPatch, id, "", spec, nil); err != nil {
				return c.answer(err)
			}
			var info struct {
				Behavior []struct {
					Type    string `json:"type"`
					Ignored bool   `json:"ignored"`
				} `json:"warning_behavior"`
			}
			must(c.t, c.raw(http.MethodGet, id, "", nil, &info))
			if len(info.Behavior) != 1 || !info.Behavior[0].Ignored {
				return "accepted, without effect"
			}
			return "self-signed certificates are ignored"
		}},
	{what: "complete with nothing added", by: "library.item.update_session.complete", vcenter: "DONE",
		see: func(c *conversation) string {
			session := c.session()
			must(c.t, c.CompleteLibraryItemUpdateSession(c.ctx, session))
			return c.settled(session)
		}},
	{what: "complete while a file has not arrived", by: "session.files-received",
		vcenter: "400 NOT_ALLOWED_IN_CURRENT_STATE, still ACTIVE",
		see: func(c *conversation) string {
			session := c.session()
			c.add(session, "a.iso", right)
			return c.afterComplete(session)
		}},
	{what: "complete with a file that is not what was declared", by: "session.files-received",
		vcenter: "400 NOT_ALLOWED_IN_CURRENT_STATE, still ACTIVE",
		see: func(c *conversation) string {
			session := c.session()
			must(c.t, c.put(c.add(session, "a.iso", right), wrong))
			return c.afterComplete(session)
		}},
	{what: "complete a second time", by: "session.active-only", vcenter: "400 NOT_ALLOWED_IN_CURRENT_STATE",
		see: func(c *conversation) string {
			session := c.session()
			c.complete(session)
			return c.answer(c.CompleteLibraryItemUpdateSession(c.ctx, session))
		}},
	{what: "keep-alive of a DONE one", by: "session.active-only", vcenter: "400 NOT_ALLOWED_IN_CURRENT_STATE",
		see: func(c *conversation) string {
			session := c.session()
			c.complete(session)
			return c.answer(c.KeepAliveLibraryItemUpdateSession(c.ctx, session))
		}},
	{what: "cancel of a DONE one; its state then", by: "session.active-only",
		vcenter: "400 NOT_ALLOWED_IN_CURRENT_STATE, DONE",
		see: func(c *conversation) string {
			session := c.session()
			c.complete(session)
			answer := c.answer(c.CancelLibraryItemUpdateSession(c.ctx, session))
			return answer + ", " + c.state(session)
		}},
	{what: "complete of a CANCELED one; its state then", by: "session.active-only",
		vcenter: "400 NOT_ALLOWED_IN_CURRENT_STATE, CANCELED",
		see: func(c *conversation) string {
			session := c.session()
			must(c.t, c.CancelLibraryItemUpdateSession(c.ctx, session))
			answer := c.answer(c.CompleteLibraryItemUpdateSession(c.ctx, session))
			if answer != "accepted" {
				return answer + ", " + c.state(session)
			}
			return answer + ", " + c.until(func() (string, bool) {
				state := c.state(session)
				return state, state != "CANCELED"
			})
		}},
	{what: "cancel; what it had received", by: "library.item.update_session.cancel",
		vcenter: "CANCELED, none",
		see: func(c *conversation) string {
			item := c.item()
			session := c.sessionOn(item)
			c.push(session, "a.iso", right)
			must(c.t, c.CancelLibraryItemUpdateSession(c.ctx, session))
			return c.state(session) + ", " + c.files(item)
		}},
	{what: "fail as the client has it, which says no reason", by: "session.fail-message",
		vcenter: "400 INVALID_ARGUMENT, still ACTIVE",
		see: func(c *conversation) string {
			session := c.session()
			answer := c.answer(c.FailLibraryItemUpdateSession(c.ctx, session))
			return answer + ", " + still(c.state(session))
		}},
	{what: "fail with a reason ¹, wait", by: "library.item.update_session.fail",
		vcenter: "ERROR, with the reason",
		see: func(c *conversation) string {
			session := c.session()
			reason := map[string]string{"client_error_message": "the disk is gone"}
			must(c.t, c.raw(http.MethodPost, sessionPath+"/id:"+session, "fail", reason, nil))
			info, err := c.GetLibraryItemUpdateSession(c.ctx, session)
			must(c.t, err)
			// Of an error without a message, the client's wait makes one that cannot be printed.
			if info.ErrorMessage == nil {
				return info.State + ", without a reason"
			}
			err = c.WaitOnLibraryItemUpdateSession(c.ctx, session, time.Millisecond, nil)
			if err == nil || err.Error() != "the disk is gone" {
				return fmt.Sprintf("%s, with another reason: %v", info.State, err)
			}
			return info.State + ", with the reason"
		}},
	{what: "delete of an ACTIVE one; its state then", by: "session.delete-ended-only",
		vcenter: "400 NOT_ALLOWED_IN_CURRENT_STATE, still ACTIVE",
		see: func(c *conversation) string {
			session := c.session()
			answer := c.answer(c.DeleteLibraryItemUpdateSession(c.ctx, session))
			return answer + ", " + still(c.state(session))
		}},
	{what: "delete of a DONE one, get", by: "session.exists", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			session := c.session()
			c.complete(session)
			must(c.t, c.DeleteLibraryItemUpdateSession(c.ctx, session))
			return c.state(session)
		}},
}}

var sessionFiles = chapter{"Files of a session", []situation{
	{what: "add", by: "library.item.updatesession.file.add",
		vcenter: "PUSH, WAITING_FOR_TRANSFER, with a link",
		see: func(c *conversation) string {
			file := c.add(c.session(), "a.iso", right)
			return fmt.Sprintf("%s, %s, with a link", file.SourceType, file.Status)
		}},
	{what: "get after the bytes were sent", by: "library.item.updatesession.file.get",
		vcenter: "READY, 1600000 bytes, 1600000 transferred",
		see: func(c *conversation) string {
			session := c.session()
			c.push(session, "a.iso", bytes.Repeat([]byte("contents"), 200_000))
			file, err := c.GetLibraryItemUpdateSessionFile(c.ctx, session, "a.iso")
			must(c.t, err)
			return fmt.Sprintf("%s, %d bytes, %d transferred", file.Status, file.Size, file.BytesTransferred)
		}},
	{what: "get after bytes that the checksum does not fit", by: "file.checksum-checked", vcenter: "ERROR, with a reason",
		see: func(c *conversation) string {
			session := c.session()
			must(c.t, c.put(c.add(session, "a.iso", right), wrong))
			return c.reasoned(session, "a.iso")
		}},
	{what: "get after bytes that the size does not fit", by: "file.size-checked", vcenter: "ERROR, with a reason",
		see: func(c *conversation) string {
			session := c.session()
			file, err := c.AddLibraryItemFile(c.ctx, session,
				library.UpdateFile{Name: "a.iso", SourceType: "PUSH", Size: int64(len(right))})
			must(c.t, err)
			_ = c.put(file, short)
			return c.reasoned(session, "a.iso")
		}},
	{what: "After bytes that do not fit: add again, send, complete", by: "upload.after-error", vcenter: "DONE",
		see: func(c *conversation) string {
			session := c.session()
			_ = c.put(c.add(session, "a.iso", right), wrong)
			c.push(session, "a.iso", right)
			must(c.t, c.CompleteLibraryItemUpdateSession(c.ctx, session))
			return c.settled(session)
		}},
	{what: "add of the same name twice, list", by: "library.item.updatesession.file.add",
		vcenter: "a.iso",
		see: func(c *conversation) string {
			session := c.session()
			c.add(session, "a.iso", wrong)
			c.add(session, "a.iso", right)
			return c.sessionFiles(session)
		}},
	{what: "list of a session on an item that has a file", by: "library.item.updatesession.file.list",
		vcenter: "a.iso, b.iso",
		see: func(c *conversation) string {
			session := c.sessionOn(c.filled(c.item(), "a.iso"))
			c.add(session, "b.iso", right)
			return c.sessionFiles(session)
		}},
	{what: "add without a name", by: "file.name", vcenter: "400 INVALID_ARGUMENT", see: added("", nil)},
	{what: "add with a slash in the name", by: "file.name", vcenter: "400 INVALID_ARGUMENT",
		see: added("a/b.iso", nil)},
	{what: "add with a negative size", by: "file.spec", vcenter: "400 INVALID_ARGUMENT",
		see: added("a.iso", func(f *library.UpdateFile) { f.Size = -1 })},
	{what: "add with a checksum that is no hex", by: "file.spec", vcenter: "400 INVALID_ARGUMENT",
		see: added("a.iso", func(f *library.UpdateFile) { f.Checksum.Checksum = "abc" })},
	{what: "add with source type NONE", by: "file.source", vcenter: "400 INVALID_ARGUMENT",
		see: added("a.iso", func(f *library.UpdateFile) { f.SourceType = "NONE" })},
	{what: "add with PUSH and a source", by: "request.union", vcenter: "400 INVALID_ARGUMENT",
		see: added("a.iso", func(f *library.UpdateFile) {
			f.SourceEndpoint = &library.TransferEndpoint{URI: "https://source.invalid/a.iso"}
		})},
	{what: "add to a DONE session", by: "session.edit-active-only", vcenter: "400 NOT_ALLOWED_IN_CURRENT_STATE",
		see: func(c *conversation) string {
			session := c.session()
			c.complete(session)
			_, err := c.AddLibraryItemFile(c.ctx, session, addSpec("a.iso", right))
			return c.answer(err)
		}},
	{what: "get of a file that there is not", by: "file.exists", vcenter: "400 INVALID_ARGUMENT",
		see: func(c *conversation) string {
			return c.status(c.session(), "a.iso")
		}},
	{what: "list of a session that there is not", by: "session.exists", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			return c.sessionFiles(unknown)
		}},
	{what: "remove of an item's file, complete", by: "library.item.updatesession.file.remove",
		vcenter: "a.iso (5 bytes), b.iso (5 bytes) before, a.iso (5 bytes) after",
		see: func(c *conversation) string {
			item := c.filled(c.item(), "a.iso", "b.iso")
			session := c.sessionOn(item)
			if err := c.RemoveLibraryItemUpdateSessionFile(c.ctx, session, "b.iso"); err != nil {
				return c.answer(err)
			}
			before := c.files(item)
			if state := c.state(session); state != "ACTIVE" {
				return "the session: " + state
			}
			c.complete(session)
			return fmt.Sprintf("%s before, %s after", before, c.files(item))
		}},
	{what: "remove of a file that there is not", by: "file.exists", vcenter: "400 INVALID_ARGUMENT, still ACTIVE",
		see: func(c *conversation) string {
			session := c.session()
			answer := c.answer(c.RemoveLibraryItemUpdateSessionFile(c.ctx, session, "a.iso"))
			return answer + ", " + still(c.state(session))
		}},
	{what: "remove in a DONE session", by: "session.edit-active-only", vcenter: "400 NOT_ALLOWED_IN_CURRENT_STATE",
		see: func(c *conversation) string {
			session := c.session()
			c.complete(session)
			return c.answer(c.RemoveLibraryItemUpdateSessionFile(c.ctx, session, "a.iso"))
		}},
	{what: "validate of what is complete", by: "library.item.updatesession.file.validate", vcenter: "no errors",
		see: func(c *conversation) string {
			session := c.session()
			c.push(session, "a.iso", right)
			return c.validated(session)
		}},
	{what: "validate while a file has not arrived", by: "session.files-received",
		vcenter: "400 NOT_ALLOWED_IN_CURRENT_STATE",
		see: func(c *conversation) string {
			session := c.session()
			c.add(session, "a.iso", right)
			return c.validated(session)
		}},
	{what: "validate of a DONE session", by: "session.active-only", vcenter: "400 NOT_ALLOWED_IN_CURRENT_STATE",
		see: func(c *conversation) string {
			session := c.session()
			c.complete(session)
			return c.validated(session)
		}},
	{what: "validate of a descriptor whose disk is not there", by: "library.item.updatesession.file.validate",
		vcenter: "errors, missing disk.vmdk",
		see: func(c *conversation) string {
			session := c.sessionOn(c.itemIn(c.library(), "item", library.ItemTypeOVF))
			c.push(session, "vm.ovf", descriptor)
			return c.validated(session)
		}},
	{what: "complete of a descriptor whose disk is not there", by: "adapter.files-present",
		vcenter: "400 NOT_ALLOWED_IN_CURRENT_STATE, still ACTIVE",
		see: func(c *conversation) string {
			session := c.sessionOn(c.itemIn(c.library(), "item", library.ItemTypeOVF))
			c.push(session, "vm.ovf", descriptor)
			return c.afterComplete(session)
		}},
	{what: "add of a manifest after the descriptor", by: "file.manifest-before-descriptor",
		vcenter: "400 NOT_ALLOWED_IN_CURRENT_STATE",
		see: func(c *conversation) string {
			session := c.sessionOn(c.itemIn(c.library(), "item", library.ItemTypeOVF))
			c.add(session, "vm.ovf", descriptor)
			_, err := c.AddLibraryItemFile(c.ctx, session, addSpec("vm.mf", right))
			return c.answer(err)
		}},
}}
