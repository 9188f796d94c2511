//! The scenarios. What stands between backticks is a name of the API's, or has to be entered as it is.

use crate::{Group, Report, Scenario};

/// Scenarios by their names; the run of each is in a file of that name.
macro_rules! scenarios {
    ($($group:ident { $(
        $id:literal: $title:literal,
        $about:literal,
        $attempt:literal
        $(, $report:literal: $url:literal)*;
    )+ })+) => {
        /// All of them, those of a group together.
        pub const ALL: &[Scenario] = &[$($(Scenario {
            id: $id,
            group: Group::$group,
            title: $title,
            about: $about,
            attempt: $attempt,
            reports: &[$(Report { title: $report, url: $url }),*],
            run: include_str!(concat!("../runs/", $id, ".json")),
        },)+)+];
    };
}

scenarios! {
    FirstSteps {
        "happy-path": "Nothing left but to complete",
            "A session is open, and the only file of it has arrived. Nobody else sees it yet.",
            "Try: `validate`, then `complete`. The session is DONE, and the content version of the item is \
             one higher. Then `delete` the session: the item keeps its file.";
        "too-early": "Complete before the bytes",
            "A file was added and not sent, and `complete` was refused because of it. A client that does \
             not look at the answer to its upload learns only here that it failed.",
            "Try: add a file of your own as `ubuntu.iso`. It takes the place of the one that waits, and once \
             it is READY, `complete` is granted.",
            "community.vmware 1154: complete refused, file WAITING":
                "https://github.com/ansible-collections/community.vmware/pull/1154";
        "lost-answer": "The answer to create got lost",
            "A client created a session with a client token, and the connection ended before the answer. \
             The session is there, and the client does not know its id.",
            "Try: `create` for the same item, with the client token \
             `5f0c1a52-7d3e-4b8e-9a41-c6d2e8b07f11`. The same session answers. Without the token the item \
             is busy.";
    }
    Refusals {
        "busy-item": "One session per item",
            "An item has an ACTIVE session, and `create` of a second one was refused. On `/api` the status \
             is 500, on `/rest` 400: it does not mean that the server is broken.",
            "Try: `cancel` or `complete` the session, and `create` is granted. Undo, and let time leap to \
             the next event: the session expires, and the item is free too.";
        "complete-twice": "Complete, and complete again",
            "The session is DONE. A client that missed the answer would now call `complete` once more.",
            "Try: `complete`. It is refused, and nothing changes. `get` tells more than a second try: DONE \
             means that the first one worked.";
        "endings": "Cancel, fail, delete",
            "An item had three sessions: the first was canceled, the second failed by its client, the third \
             is ACTIVE. None of them changed the item.",
            "Try: `delete` the third one: refused. `cancel` it, and `delete` is granted. The other two can be \
             deleted at once; until then the second one tells why it failed.";
        "leftover": "The item of a failed attempt",
            "A script created an item, its upload broke, and it failed the session. Started again, it may \
             not create the item: the name is taken, by an item of 0 bytes.",
            "Try: create a session for the item that is there, send a file, and `complete`. Or delete the \
             item, and its name is free.",
            "govmomi 2958: the retry meets ALREADY_EXISTS":
                "https://github.com/vmware/govmomi/issues/2958",
            "govmomi 2585: an item of 0 bytes stays behind":
                "https://github.com/vmware/govmomi/issues/2585";
        "unavailable": "The service is not there",
            "All bytes have arrived, and `complete` was answered with 503. The session knows nothing of \
             that: it is still ACTIVE.",
            "Try: `complete` again. The second one is answered with 503 too, the third one is granted. \
             Whoever waits longer in between calls `keep_alive`.";
        "maintenance": "A library in maintenance",
            "All bytes have arrived, and the library went into maintenance: its content is not to be \
             changed, and `complete` was refused. Nobody has told in public which error that is.",
            "Try: `keep_alive`. It is granted, and that is how a client waits for the end of it. `cancel` is \
             granted too; a new session is not.";
        "backing-gone": "The storage of a library is gone",
            "The folder behind the library was removed from its datastore. The session is ACTIVE, and no \
             file can be added to it.",
            "Try: nothing on this session helps. `cancel` it, create a library on another datastore and an \
             item in it, and begin again there.",
            "eks-anywhere 1488: the backing cannot be found":
                "https://github.com/aws/eks-anywhere/issues/1488";
    }
    Time {
        "running-out": "Forty seconds left",
            "All bytes have arrived, and for more than four minutes nothing was done. In 40 seconds the \
             session expires; to read it does not help.",
            "Try: `keep_alive`, let four minutes pass, then `complete`: DONE. Undo all that, and let time \
             leap to the next event: the session is gone, and its bytes with it.";
        "expired": "Five minutes were over",
            "All bytes had arrived. When the client came to `complete`, the session had expired: 404.",
            "Try: `create` another session for the item, and send the file again. This time call \
             `keep_alive` at least every five minutes until `complete`.";
        "two-clocks": "401 at 99 %",
            "The upload took 32 minutes. Its bytes kept the update session alive, but not the API login: \
             `complete` was answered with 401.",
            "Try: `complete` once more. It is 401 again, and the guide offers to log in. Do so, then \
             `complete` within five minutes: DONE. Nothing has to be sent again.",
            "govmomi 1832: 401 after four hours of upload":
                "https://github.com/vmware/govmomi/issues/1832";
    }
    Transfers {
        "wrong-checksum": "The wrong bytes",
            "A checksum was declared, and what arrived has another one. The upload was answered with 200 all \
             the same: it is the file that is in ERROR.",
            "Try: add `ubuntu.iso` again, without a checksum or with that of a file of your own, and send it. \
             `complete` is granted then.";
        "wrong-size": "Cut at 4 GB",
            "5,000,000,000 bytes were declared and 4,294,967,295 arrived: some client counts in 32 bits. The \
             file is in ERROR, the session is still ACTIVE.",
            "Try: read the message of the file, which has both numbers. Add the file again, or remove it; \
             then `complete` is granted.";
        "cancel-in-flight": "Cancel in flight",
            "An item has its image, and a second session is about to replace it. 40 % have arrived.",
            "Try: `complete`: refused while the upload runs. `cancel`: granted. What arrived is discarded, \
             and the item has its old image in the old content version.";
        "storage-full": "No space left",
            "All bytes arrived, and the upload was answered with 200. Then the datastore was full, and the \
             session is in ERROR.",
            "Try: `get` the session: its message tells why. From ERROR no call leads to DONE. `delete` the \
             session and create another one; by then there is room.";
        "stuck-at-1": "Stuck at 1 %",
            "The server is to fetch a file. The client waits for the session to end before it calls \
             `complete`, and the server waits for `complete`: for ever, if somebody calls `keep_alive`.",
            "Try: `complete`. It returns at once, and the fetch begins. Let time leap to the next event: \
             DONE.",
            "terraform-provider-vsphere 2369: it waits, then completes":
                "https://github.com/vmware/terraform-provider-vsphere/issues/2369";
        "pull-goes-on": "Complete returns before the end",
            "`complete` was granted while the server still fetches the file. The session stays ACTIVE until \
             the file is there.",
            "Try: `complete` again, or add a file: refused, since it is completing. Let time leap to the \
             next event: DONE, and the item has the file.";
        "pull-untrusted": "A certificate nobody vouches for",
            "The server was to fetch a file from an HTTPS source that it does not trust. Every call was \
             granted; only the session, now in ERROR, and its file tell of the failure.",
            "Try: create another session, and add the file with the source `https://mirror.test/ubuntu.iso` \
             and the `ssl_certificate_thumbprint` `AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89`. \
             It is fetched, and `complete` leads to DONE.",
            "eks-anywhere 1319: a fetch that failed, told by the session":
                "https://github.com/aws/eks-anywhere/issues/1319",
            "meho 3829: a subscribed library, mended by the thumbprint":
                "https://github.com/evoila/meho/issues/3829";
    }
    Packages {
        "missing-nvram": "A file that nobody sent",
            "The descriptor names a disk and an nvram file. The disk is there, the other was never added, \
             and `complete` was refused. The server of the report called the file invalid, not missing.",
            "Try: `validate`, which names it. Add a file of your own as `appliance.nvram`, send it, and \
             `complete`: DONE.",
            "vmware.vmware 257: complete refused for an nvram file":
                "https://github.com/ansible-collections/vmware.vmware/issues/257",
            "vmware.vmware 291: how the client was mended":
                "https://github.com/ansible-collections/vmware.vmware/pull/291";
        "manifest-late": "The manifest came too late",
            "The descriptor is there, and adding the manifest was refused: manifest and certificate come \
             before the descriptor.",
            "Try: remove `appliance.ovf`, and `appliance.mf` can be added. Then add the descriptor again.";
        "signed": "A warning to be ignored",
            "All files of a signed package are there. Its certificate is self-signed, and the preview warns \
             of that.",
            "Try: `complete`: refused, and the session is in ERROR. Undo, ignore the warning by `update`, and \
             `complete`: DONE. The item keeps neither manifest nor certificate.";
        "pipe-closed": "Pipe closed: the disk ends early",
            "The stream in the disk ends before its file does. The upload was answered with 200, then the \
             storage closed the pipe. The session is in ERROR, and `complete` was refused with the reason.",
            "Try: compare what the file, the session and the answer to `complete` say. The same disk fails \
             again. Create another session, and send a disk that vmdk-convert or ovftool wrote.",
            "image-factory 232: Pipe closed, as a task shows it":
                "https://github.com/siderolabs/image-factory/issues/232",
            "talos 11053: disks written by another tool":
                "https://github.com/siderolabs/talos/pull/11053";
        "wrong-ovf-size": "Pipe closed: a wrong ovf:size",
            "The descriptor has 2,100,000,000 bytes for the disk, and the disk is 4,096 shorter. Once both \
             were there, the session broke; both uploads were answered with 200.",
            "Try: create another session for the item, and send a descriptor that has the real size, or \
             none. Then the same disk is taken.",
            "govmomi 3319: the same error, for whatever reason":
                "https://github.com/vmware/govmomi/issues/3319";
    }
}
