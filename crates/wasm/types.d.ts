export interface SimulatorOptions {
  /** A whole number; the same seed and the same calls give the same bytes. */
  seed: number;
  /** What the simulator is a simulator of. Absent: 9.1. */
  release?: "9.1" | "8.0" | null;
  /** The settings that are not the default, by name; docs/unknown.md has them all. */
  behaviour?: Record<string, string> | null;
  /** The user or users who may log in. Absent: anybody, with any password and all privileges. */
  accounts?: Account | Account[] | null;
}

export interface Account {
  user: string;
  password: string;
  /** What the user may do in every library. Absent: everything. */
  privileges?: "all" | Privilege[];
}

export type Privilege =
  | "System.Read"
  | "ContentLibrary.CreateLocalLibrary"
  | "ContentLibrary.UpdateLocalLibrary"
  | "ContentLibrary.UpdateLibrary"
  | "ContentLibrary.DeleteLocalLibrary"
  | "ContentLibrary.AddLibraryItem"
  | "ContentLibrary.UpdateLibraryItem"
  | "ContentLibrary.DeleteLibraryItem"
  | "ContentLibrary.UpdateSession"
  | "ContentLibrary.ReadStorage"
  | "Datastore.AllocateSpace";

export interface HttpRequest {
  method: string;
  /** Absolute: its origin is the one that links in the answer point back to. */
  url: string;
  headers?: [string, string][] | Record<string, string> | null;
  body?: string | null;
}

export interface Answer {
  status: number;
  headers: [string, string][];
  /** The text of the body; empty if there is none. */
  body: string;
  /** What happened to sessions since the last answer. */
  transitions: Transition[];
  /** The rule that refused the request. */
  rule: Rule | null;
  /** The privilege that the caller lacks, if that is why; the answer itself does not say. */
  lacks: Privilege | null;
  /** What a fault asks of the one who has the connection. Null: nothing. */
  disturbance: {
    /** Milliseconds to wait before the answer. */
    delay: number;
    bytes_per_second: number | null;
    /** The connection ends after so many bytes. */
    cut_after: number | null;
  } | null;
}

export type Phase = "open" | "completing" | "done" | "failed" | "canceled";

export interface Transition {
  /** As on the wire: `2026-01-02T03:04:05.678Z`. */
  at: string;
  session: string;
  /** Null: the session began. */
  from: Phase | null;
  /** Null: the session is gone. */
  to: Phase | null;
  /** An operation's name, or `expire`. */
  because: string;
}

export interface Rule {
  id: string;
  sentence: string;
  provenance: "documented" | "observed" | "assumed";
  source: string;
  /** The issue in which somebody met it in public, as its path on github.com; empty if none is known. */
  report: string;
}

export type Algorithm = "MD5" | "SHA1" | "SHA256" | "SHA512";

/** What was found in a file, as far as an item of type `ovf` cares. All of it may be left out. */
export interface Contents {
  /** The files that it asks for beside it: those that a descriptor names. */
  needs?: { name: string; size?: number | null }[];
  /** The files that it asks for and cannot get. */
  missing?: string[];
  /** What makes it unusable. */
  invalid?: { id: string; default_message: string; args: string[] }[];
  /** The file of which the storage cannot take all bytes: the session will end with "Pipe closed". */
  unwritable?: string | null;
  /** The files in it, which the item keeps in its place. */
  members?: { name: string; size: number; digests?: Partial<Record<Algorithm, string>> }[] | null;
  /** What a manifest says of other files. */
  listed?: { name: string; algorithm: Algorithm; digest: string }[];
  /** Who signed it; `warnings` as in the API: `SELF_SIGNED_CERTIFICATE` and so on. */
  signature?: {
    certificate: { issuer: string; subject: string; self_signed: boolean; x509: string };
    chain?: string[];
    warnings?: string[];
  } | null;
}

/** What arrived of a file, or why it did not arrive whole. */
export type UploadOutcome =
  | { size: number; digests: Partial<Record<Algorithm, string>>; contents?: Contents | null }
  | { broken: "connection-lost" | "timed-out" };

/** How long the server's own work takes: nothing, milliseconds, or so many looks of a client. */
export type Pace = "immediate" | { takes: number } | { looks: number };

/** A source of files that the server fetches, made up. */
export interface Source {
  /** What arrives from it. Digests that are not told are as declared. */
  received: { size: number; digests: Partial<Record<Algorithm, string>>; contents?: Contents | null };
  /** Milliseconds. Absent: as the pace has it. */
  takes?: number | null;
  /** What an HTTPS source shows. Absent: it is trusted. */
  certificate?: { trusted?: boolean; thumbprints?: string[]; pem?: string | null } | null;
  /** Why the fetch fails. */
  failure?: string | null;
}

export interface Fault {
  /** An operation such as `library.item.update_session.complete`, `upload`, `fetch` or `any`. */
  on: string;
  effect: Effect;
  /** How many times it lets pass first. */
  skip?: number;
  /** How many times it happens then. Absent: for ever. */
  count?: number | null;
  /** From 0 to 1. Absent: certain. */
  probability?: number | null;
}

export type Effect =
  | { kind: "latency"; millis: number; jitter?: number }
  | { kind: "bandwidth"; bytes_per_second: number }
  | { kind: "drop"; after: number }
  | { kind: "error"; error_type: string }
  | { kind: "adapter_refusal"; file: string }
  | {
      kind:
        | "reset"
        | "malformed"
        | "login_ended"
        | "pipe_closed"
        | "wrong_checksum"
        | "storage_full"
        | "backing_vanished"
        | "maintenance";
    };

/** A condition that a call needs and that does not hold. */
export interface Unmet {
  rule: Rule;
  why: string;
  lacks: Privilege | null;
}

export type Step =
  | { kind: "call"; operation: string; parameters: Record<string, unknown> }
  | { kind: "upload" | "finish_upload"; session: string; file: string }
  | { kind: "wait"; until: string };
