package main

import (
	"net/url"
	"path"

	"github.com/vmware/govmomi/vapi/library"
)

// A situation is one thing to be seen in one conversation.
type situation struct {
	what string
	// How it is known what a vCenter does: by a rule of ours, by the reference of an operation of ours, or in these words.
	by string
	// What is seen at a vCenter, and at our server too, unless it knows less and says so.
	vcenter, ours string
	// Whether time passes in it.
	takes bool
	see   func(c *conversation) string
}

type chapter struct {
	title      string
	situations []situation
}

const (
	libraryPath = "/com/vmware/content/library"
	itemPath    = libraryPath + "/item"
	sessionPath = itemPath + "/update-session"
)

const (
	unknown = "no-such"
	// An address where nobody listens.
	silent = "127.0.0.1:1"
	// A client token, or the key of a link.
	token = "5f3d0c1e-0b1a-4a53-9f4e-6b8f5d2f8a11"
)

var (
	right = []byte("right")
	wrong = []byte("wrong")
	short = []byte("ri")
)

var chapters = []chapter{
	logins, libraries, items, itemFiles, sessions, sessionFiles, uploads, fetches, errorTexts,
}

// descriptor names a disk.
var descriptor = []byte(`<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
  <References><File ovf:id="file1" ovf:href="disk.vmdk"/></References>
  <VirtualSystem ovf:id="vm"><Info>A virtual machine</Info></VirtualSystem>
</Envelope>
`)

// added adds a file whose declaration was changed.
func added(name string, change func(*library.UpdateFile)) func(*conversation) string {
	return func(c *conversation) string {
		spec := addSpec(name, right)
		if change != nil {
			change(&spec)
		}
		_, err := c.AddLibraryItemFile(c.ctx, c.session(), spec)
		return c.answer(err)
	}
}

// key is what makes an upload link one that nobody guesses.
func key(link *url.URL) string {
	return path.Base(path.Dir(link.Path))
}
