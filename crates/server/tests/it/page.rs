//! The built page, served beside the simulator.

use accession_server::{Config, Job, Recipe, Running};

use crate::support::{Directory, User, ask, serve};

fn page(directory: &Directory) -> Running {
    let job = Job::Simulate(Recipe::new(7));
    serve(Config { page: Some(directory.0.clone()), ..Config::new(job) })
}

#[test]
fn files_come_with_their_type_and_the_policy() {
    let directory = Directory::new();
    directory.write("index.html", "<!doctype html>");
    directory.write("app-0123456789abcdef.js", "1");
    directory.write("app-0123456789abcdef_bg.wasm", b"\0asm");
    directory.write("with space.css", "");
    directory.write("unknown", "?");
    std::fs::create_dir(directory.0.join("docs")).unwrap();
    directory.write("docs/index.html", "docs");
    let server = page(&directory);

    for (path, media_type, caching) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html?x=y", "text/html; charset=utf-8", "no-cache"),
        ("/docs/", "text/html; charset=utf-8", "no-cache"),
        (
            "/app-0123456789abcdef.js",
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
        (
            "/app-0123456789abcdef_bg.wasm",
            "application/wasm",
            "public, max-age=31536000, immutable",
        ),
        ("/with%20space.css", "text/css; charset=utf-8", "no-cache"),
        ("/unknown", "application/octet-stream", "no-cache"),
    ] {
        let got = ask(server.address(), "GET", path, &[], b"");
        assert_eq!(got.status, 200, "{path}");
        assert_eq!(got.header("content-type"), Some(media_type), "{path}");
        assert_eq!(got.header("cache-control"), Some(caching), "{path}");
        let head = ask(server.address(), "HEAD", path, &[], b"");
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        let length = Some(got.body.len().to_string());
        assert_eq!(head.header("content-length").map(str::to_owned), length, "{path}");
    }
    // The API is still there, and nobody's page.
    User::new(server.address()).whole_session();
    let foreign = ask(server.address(), "GET", "/apix", &[], b"");
    assert_eq!(foreign.header("content-type"), Some("text/html; charset=utf-8"));
}

#[test]
fn files_come_packed_as_they_lie_there() {
    let directory = Directory::new();
    for (name, content) in [
        ("app.js", "plain"),
        ("app.js.gz", "in gzip"),
        ("app.js.br", "in brotli"),
        ("old.js.br", "of another one"),
        ("old.js", "plain"),
    ] {
        directory.write(name, content);
    }
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
    let old = std::fs::File::options().write(true).open(directory.0.join("old.js.br")).unwrap();
    old.set_modified(long_ago).unwrap();
    let server = page(&directory);
    let asked = |path: &str, accepts: &str| {
        let got = ask(server.address(), "GET", path, &[("accept-encoding", accepts)], b"");
        assert_eq!(got.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(got.header("vary"), Some("accept-encoding"));
        let packing = got.header("content-encoding").map(str::to_owned);
        (packing, String::from_utf8(got.body).unwrap())
    };
    let packed = |packing: &str, content: &str| (Some(packing.to_owned()), content.to_owned());
    let plain = (None, "plain".to_owned());
    assert_eq!(asked("/app.js", "gzip, deflate, br"), packed("br", "in brotli"));
    assert_eq!(asked("/app.js", "gzip, deflate"), packed("gzip", "in gzip"));
    assert_eq!(asked("/app.js", "br;q=0"), plain);
    assert_eq!(asked("/old.js", "br"), plain);
}

#[test]
fn every_answer_of_the_page_has_the_policy() {
    let directory = Directory::new();
    let server = page(&directory);
    for (method, path) in [("GET", "/"), ("GET", "/no.js"), ("POST", "/"), ("GET", "/../x")] {
        let answer = ask(server.address(), method, path, &[], b"");
        assert_eq!(
            answer.header("content-security-policy"),
            Some(
                "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                 img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; \
                 manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
            ),
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    assert_eq!(ask(server.address(), "POST", "/", &[], b"").header("allow"), Some("GET, HEAD"));
}

#[test]
fn a_page_that_is_being_built_comes_by_itself() {
    let directory = Directory::new();
    let server = page(&directory);
    let waiting = ask(server.address(), "GET", "/", &[], b"");
    assert_eq!((waiting.status, waiting.header("refresh")), (503, Some("1")));
    assert!(waiting.text().contains("The page is being built"), "{}", waiting.text());
    assert_eq!(waiting.header("cache-control"), Some("no-store"));
    directory.write("index.html", "done");
    assert_eq!(ask(server.address(), "GET", "/", &[], b"").text(), "done");
    drop(directory);
    assert_eq!(ask(server.address(), "GET", "/", &[], b"").status, 503);
}

#[test]
fn nothing_outside_the_directory_is_served() {
    let outside = Directory::new();
    outside.write("secret", "secret");
    let directory = Directory::new();
    directory.write("index.html", "page");
    directory.write(".hidden", "secret");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.0.join("secret"), directory.0.join("link")).unwrap();
        std::os::unix::fs::symlink("index.html", directory.0.join("inner")).unwrap();
    }
    let server = page(&directory);
    let name = outside.0.file_name().unwrap().to_str().unwrap();
    for path in [
        format!("/../{name}/secret"),
        format!("/%2e%2e/{name}/secret"),
        format!("/..%2f{name}%2fsecret"),
        format!("/..%5c{name}%5csecret"),
        format!("/api/../../{name}/secret"),
        format!("//{name}/secret"),
        format!("/{}", outside.0.join("secret").display()),
        "/.hidden".to_owned(),
        "/%2ehidden".to_owned(),
        "/link".to_owned(),
        "/index.html/".to_owned(),
        "/index.html%00".to_owned(),
    ] {
        let answer = ask(server.address(), "GET", &path, &[], b"");
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("secret"), "{path}");
    }
    #[cfg(unix)]
    assert_eq!(ask(server.address(), "GET", "/inner", &[], b"").text(), "page");
}
