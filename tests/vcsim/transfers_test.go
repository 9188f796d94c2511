package main

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/vmware/govmomi/vapi/library"
	"github.com/vmware/govmomi/vim25/soap"
)

var uploads = chapter{"Uploads", []situation{
	{what: "Where the link leads", by: "observed: recorded links", vcenter: "`/cls/data/…/a.iso`",
		see: func(c *conversation) string {
			link, err := url.Parse(c.add(c.session(), "a.iso", right).UploadEndpoint.URI)
			must(c.t, err)
			return "`" + strings.Replace(link.Path, key(link), "…", 1) + "`"
		}},
	{what: "PUT with the login", by: "upload.method", vcenter: "accepted",
		see: func(c *conversation) string {
			return c.answer(c.put(c.add(c.session(), "a.iso", right), right))
		}},
	{what: "PUT without a login", by: "observed: the vendor's samples", vcenter: "accepted",
		see: func(c *conversation) string {
			return c.sent(http.MethodPut, c.add(c.session(), "a.iso", right), nil)
		}},
	{what: "POST with the login", by: "upload.method", vcenter: "accepted",
		see: func(c *conversation) string {
			return c.sent(http.MethodPost, c.add(c.session(), "a.iso", right), http.Header{
				"vmware-api-session-id": {c.SessionID()},
			})
		}},
	{what: "To a link that there is not", by: "upload.link", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			file := c.add(c.session(), "a.iso", right)
			link, err := url.Parse(file.UploadEndpoint.URI)
			must(c.t, err)
			file.UploadEndpoint.URI = strings.Replace(file.UploadEndpoint.URI, key(link), token, 1)
			return c.answer(c.put(file, right))
		}},
	{what: "After the file was added again, to the earlier link", by: "upload.link", vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			session := c.session()
			file := c.add(session, "a.iso", right)
			c.add(session, "a.iso", right)
			return c.answer(c.put(file, right))
		}},
	{what: "After the session was cancelled; what the item has", by: "upload.link", vcenter: "404 NOT_FOUND, none",
		see: func(c *conversation) string {
			item := c.item()
			session := c.sessionOn(item)
			file := c.add(session, "a.iso", right)
			must(c.t, c.CancelLibraryItemUpdateSession(c.ctx, session))
			return c.answer(c.put(file, right)) + ", " + c.files(item)
		}},
	{what: "A part of a file, with Content-Range", by: "upload.whole", vcenter: "400 INVALID_ARGUMENT",
		see: func(c *conversation) string {
			return c.sent(http.MethodPut, c.add(c.session(), "a.iso", right), http.Header{
				"vmware-api-session-id": {c.SessionID()},
				"Content-Range":         {"bytes 0-4/10"},
			})
		}},
}}

var fetches = chapter{"Files that the server fetches", []situation{
	{what: "add of a source, complete, wait", by: "library.item.updatesession.file.add",
		vcenter: "DONE, a.iso (16 bytes)",
		see: func(c *conversation) string {
			return c.pulled("/there/a.iso")
		}},
	{what: "add: source type, source", by: "library.item.updatesession.file.add",
		vcenter: "PULL, from the source, without a link",
		see: func(c *conversation) string {
			uri := c.sources.uri("/there/a.iso")
			file, err := c.AddLibraryItemFileFromURI(c.ctx, c.session(), "a.iso", uri)
			must(c.t, err)
			from, link := "from elsewhere", "without a link"
			if file.SourceEndpoint != nil && file.SourceEndpoint.URI == uri {
				from = "from the source"
			}
			if file.UploadEndpoint != nil {
				link = "with a link"
			}
			return fmt.Sprintf("%s, %s, %s", file.SourceType, from, link)
		}},
	{what: "With the right checksum", by: "file.checksum-checked", vcenter: "DONE, a.iso (16 bytes)",
		see: func(c *conversation) string {
			return c.pulled("/there/a.iso", library.Checksum{Algorithm: "SHA256", Checksum: digest([]byte(fetched))})
		}},
	{what: "With a wrong checksum: the file", by: "file.checksum-checked", vcenter: "ERROR",
		see: func(c *conversation) string {
			session := c.session()
			sum := library.Checksum{Algorithm: "SHA256", Checksum: digest(wrong)}
			_, err := c.AddLibraryItemFileFromURI(c.ctx, session, "a.iso", c.sources.uri("/there/a.iso"), sum)
			must(c.t, err)
			return c.tried(session, "a.iso")
		}},
	{what: "complete while it is fetched; then it arrives", by: "library.item.update_session.complete",
		vcenter: "accepted, ACTIVE, then DONE",
		see: func(c *conversation) string {
			session := c.session()
			_, err := c.AddLibraryItemFileFromURI(c.ctx, session, "a.iso", c.sources.uri("/slow/a.iso"))
			must(c.t, err)
			answer := c.answer(c.CompleteLibraryItemUpdateSession(c.ctx, session))
			during := c.state(session)
			c.sources.open(c)
			return fmt.Sprintf("%s, %s, then %s", answer, during, c.settled(session))
		}},
	{what: "complete a second time while it is fetched", by: "session.edit-before-complete",
		vcenter: "400 NOT_ALLOWED_IN_CURRENT_STATE",
		see: func(c *conversation) string {
			session := c.session()
			_, err := c.AddLibraryItemFileFromURI(c.ctx, session, "a.iso", c.sources.uri("/slow/a.iso"))
			must(c.t, err)
			must(c.t, c.CompleteLibraryItemUpdateSession(c.ctx, session))
			answer := c.answer(c.CompleteLibraryItemUpdateSession(c.ctx, session))
			c.sources.open(c)
			c.settled(session)
			return answer
		}},
	{what: "add of a source that does not tell its length, of which the client declares −1 bytes",
		by:      "assumed: a size is not negative",
		vcenter: "400 INVALID_ARGUMENT",
		see: func(c *conversation) string {
			_, err := c.AddLibraryItemFileFromURI(c.ctx, c.session(), "a.iso", c.sources.uri("/unsized/a.iso"))
			return c.answer(err)
		}},
	{what: "From a source that does not have it", by: "file.source-fetched", vcenter: "ERROR, with a reason, none",
		see: func(c *conversation) string {
			return c.pulledFrom(library.TransferEndpoint{URI: c.sources.uri("/not-there/a.iso")})
		}},
	{what: "From a source that does not answer", by: "file.source-fetched", vcenter: "ERROR, with a reason, none",
		see: func(c *conversation) string {
			return c.pulledFrom(library.TransferEndpoint{URI: "http://" + silent + "/a.iso"})
		}},
	{what: "Over TLS, with the certificate", by: "documented: `com.vmware.content.library.item.transfer_endpoint`",
		vcenter: "DONE, without a reason, a.iso (16 bytes)",
		see: func(c *conversation) string {
			block := pem.Block{Type: "CERTIFICATE", Bytes: c.sources.certificate.Raw}
			return c.pulledFrom(c.sources.secure(func(e *library.TransferEndpoint) {
				e.SSLCertificate = string(pem.EncodeToMemory(&block))
			}))
		}},
	{what: "Over TLS, with the certificate's SHA-256 thumbprint",
		by:      "documented: `com.vmware.content.library.item.transfer_endpoint`",
		vcenter: "DONE, without a reason, a.iso (16 bytes)",
		see: func(c *conversation) string {
			return c.pulledFrom(c.sources.secure(func(e *library.TransferEndpoint) {
				e.SSLCertificateThumbprint = soap.ThumbprintSHA256(c.sources.certificate)
			}))
		}},
	{what: "Over TLS, with its SHA-1 thumbprint, which is what the client sends by itself",
		by:      "documented: `com.vmware.content.library.item.transfer_endpoint`",
		vcenter: "ERROR, with a reason, none",
		see: func(c *conversation) string {
			return c.pulledFrom(c.sources.secure(func(e *library.TransferEndpoint) {
				e.SSLCertificateThumbprint = soap.ThumbprintSHA1(c.sources.certificate)
			}))
		}},
	{what: "Over TLS, with another thumbprint",
		by:      "documented: `com.vmware.content.library.item.transfer_endpoint`",
		vcenter: "ERROR, with a reason, none",
		see: func(c *conversation) string {
			return c.pulledFrom(c.sources.secure(func(e *library.TransferEndpoint) {
				e.SSLCertificateThumbprint = strings.TrimSuffix(strings.Repeat("AB:", 32), ":")
			}))
		}},
	{what: "Over TLS, with nothing said of a certificate that nobody trusts",
		by:      "documented: `com.vmware.content.library.item.transfer_endpoint`",
		vcenter: "ERROR, with a reason, none",
		see: func(c *conversation) string {
			return c.pulledFrom(c.sources.secure(func(*library.TransferEndpoint) {}))
		}},
	{what: "add with PULL and no source", by: "request.union", vcenter: "400 INVALID_ARGUMENT",
		see: func(c *conversation) string {
			session := c.session()
			_, err := c.AddLibraryItemFile(c.ctx, session, library.UpdateFile{Name: "a.iso", SourceType: "PULL"})
			if c.wire.status >= 300 {
				return c.answer(err)
			}
			// Where it is accepted, or nearly, what comes of it is told by what is seen next.
			return c.tried(session, "a.iso")
		}},
	{what: "add with a source of another scheme", by: "file.source-uri", vcenter: "400 INVALID_ARGUMENT",
		see: added("a.iso", func(f *library.UpdateFile) {
			f.SourceType = "PULL"
			f.SourceEndpoint = &library.TransferEndpoint{URI: "ftp://source.invalid/a.iso"}
		})},
	{what: "probe of a source, which the client does before it adds one that it cannot reach itself",
		by:      "request.operation-exists",
		vcenter: "404 NOT_FOUND",
		see: func(c *conversation) string {
			_, err := c.ProbeTransferEndpoint(c.ctx, library.TransferEndpoint{URI: c.sources.uri("/there/a.iso")})
			return c.answer(err)
		}},
}}

var errorTexts = chapter{"What errors say", []situation{
	{what: "create of an item with a name that is taken", by: "observed: recorded",
		vcenter: "`com.vmware.vdcs.cls-main.duplicate_item_name_unsupported_in_library`",
		see: func(c *conversation) string {
			_, err := c.CreateLibraryItem(c.ctx, library.Item{Name: "item", LibraryID: c.libraryOf(c.item())})
			return c.message(err)
		}},
	{what: "complete while a file has not arrived", by: "observed: recorded",
		vcenter: "`com.vmware.vdcs.cls-main.update_session_file_not_received` of a.iso, WAITING",
		see: func(c *conversation) string {
			session := c.session()
			c.add(session, "a.iso", right)
			return c.message(c.CompleteLibraryItemUpdateSession(c.ctx, session), "a.iso", "WAITING")
		}},
	{what: "complete of a descriptor whose disk is not there", by: "observed: recorded",
		vcenter: "`com.vmware.vdcs.cls-main.session_has_missing_or_invalid_files`",
		see: func(c *conversation) string {
			session := c.sessionOn(c.itemIn(c.library(), "item", library.ItemTypeOVF))
			c.push(session, "vm.ovf", descriptor)
			return c.message(c.CompleteLibraryItemUpdateSession(c.ctx, session))
		}},
	{what: "complete of one that is in ERROR", by: "observed: recorded",
		vcenter: "`com.vmware.vdcs.cls-main.update_session_invalid_state_for_operation_reason` of complete, ERROR",
		see: func(c *conversation) string {
			session := c.session()
			reason := map[string]string{"client_error_message": "the disk is gone"}
			must(c.t, c.raw(http.MethodPost, sessionPath+"/id:"+session, "fail", reason, nil))
			return c.message(c.CompleteLibraryItemUpdateSession(c.ctx, session), "complete", "ERROR")
		}},
	{what: "get of a session that there is not", by: "documented: `com.vmware.vapi.std.errors.Error`",
		vcenter: "a message with an id and a text",
		see: func(c *conversation) string {
			_, err := c.GetLibraryItemUpdateSession(c.ctx, unknown)
			if err == nil {
				return "accepted"
			}
			messages := c.wire.error().Messages
			if len(messages) == 0 || messages[0].ID == "" || messages[0].DefaultMessage == "" {
				return "no message"
			}
			return "a message with an id and a text"
		}},
}}
