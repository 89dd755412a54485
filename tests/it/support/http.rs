//! As much of an HTTP/1.1 server as a test needs: one thread a connection, kept alive.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A request, its body whole.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// By name in lower case.
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// Answer of the server to a request.
#[derive(Debug, Clone)]
pub enum Answer {
    Response {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// This answer, and then closes the connection.
    Last(Box<Answer>),
    /// Closes the connection without a word.
    Cut,
    /// Says nothing for so long, then closes the connection.
    Hang(Duration),
    /// This status and headers, and a body that does not end before the client goes away.
    Endless {
        status: u16,
        headers: Vec<(&'static str, String)>,
    },
}

/// Serves until the test program ends.
pub fn serve(handler: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> SocketAddr {
    serve_over(Ok, handler)
}

/// Serves over TLS, with this configuration.
pub fn serve_tls(
    tls: Arc<rustls::ServerConfig>,
    handler: impl Fn(&Request) -> Answer + Send + Sync + 'static,
) -> SocketAddr {
    let secure = move |stream| {
        let connection = rustls::ServerConnection::new(Arc::clone(&tls)).map_err(io::Error::other)?;
        Ok(rustls::StreamOwned::new(connection, stream))
    };
    serve_over(secure, handler)
}

fn serve_over<S: Read + Write>(
    layer: impl Fn(TcpStream) -> io::Result<S> + Send + Sync + 'static,
    handler: impl Fn(&Request) -> Answer + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let shared = Arc::new((layer, handler));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let shared = Arc::clone(&shared);
            // A client that goes away is no failure of the test.
            std::thread::spawn(move || drop(serve_connection(stream, &shared.0, &shared.1)));
        }
    });
    address
}

/// An address on which nobody listens.
pub fn closed_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A proxy that lets its clients through to this address, whatever host they name, and counts how often.
pub fn proxy(to: SocketAddr) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let tunnels = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tunnels);
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let count = Arc::clone(&count);
            std::thread::spawn(move || drop(tunnel(client, to, &count)));
        }
    });
    (address, tunnels)
}

fn tunnel(client: TcpStream, to: SocketAddr, count: &AtomicUsize) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    if read_request(&mut reader)?.is_none_or(|request| request.method != "CONNECT") {
        return Ok(());
    }
    count.fetch_add(1, Ordering::Relaxed);
    let server = TcpStream::connect(to)?;
    (&client).write_all(b"HTTP/1.1 200 -\r\n\r\n")?;
    let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || io::copy(&mut from, &mut to));
    io::copy(&mut reader, &mut &server)?;
    server.shutdown(std::net::Shutdown::Both)
}

fn serve_connection<S: Read + Write>(
    stream: TcpStream,
    layer: impl Fn(TcpStream) -> io::Result<S>,
    handler: impl Fn(&Request) -> Answer,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let below = stream.try_clone()?;
    let mut stream = BufReader::new(layer(stream)?);
    while let Some(request) = read_request(&mut stream)? {
        let answer = handler(&request);
        let (answer, is_last) = if let Answer::Last(answer) = answer { (*answer, true) } else { (answer, false) };
        match answer {
            Answer::Response { status, headers, body } => write_response(stream.get_mut(), status, &headers, &body)?,
            Answer::Endless { status, headers } => write_endless(stream.get_mut(), status, &headers)?,
            Answer::Last(_) | Answer::Cut => break,
            Answer::Hang(time) => {
                std::thread::sleep(time);
                break;
            }
        }
        if is_last {
            break;
        }
    }
    below.shutdown(std::net::Shutdown::Both)
}

fn write_response(to: &mut impl Write, status: u16, headers: &[(&str, String)], body: &[u8]) -> io::Result<()> {
    to.write_all(&[head(status, headers, body.len()).as_bytes(), body].concat())?;
    to.flush()
}

fn write_endless(to: &mut impl Write, status: u16, headers: &[(&str, String)]) -> io::Result<()> {
    to.write_all(head(status, headers, 1 << 40).as_bytes())?;
    loop {
        to.write_all(&[b'x'; 64 * 1024])?;
    }
}

fn head(status: u16, headers: &[(&str, String)], body_bytes: usize) -> String {
    let mut head = format!("HTTP/1.1 {status} -\r\n");
    // A 204 has no body, and must not say how long it is.
    if status != 204 {
        head.push_str(&format!("content-length: {body_bytes}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head
}

/// The next request; none where the client has closed the connection.
fn read_request(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let Some(first) = read_line(reader)? else { return Ok(None) };
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut request = Request { method, path, ..Request::default() };
    while let Some(line) = read_line(reader)?.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or(io::ErrorKind::InvalidData)?;
        request.headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    request.body = match (request.header("content-length").parse(), request.header("transfer-encoding")) {
        (Ok(bytes), _) => read_exactly(reader, bytes)?,
        (_, "chunked") => read_chunks(reader)?,
        _ => Vec::new(),
    };
    Ok(Some(request))
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = read_line(reader)?.unwrap_or_default();
        let size = usize::from_str_radix(size.trim(), 16).map_err(|_| io::ErrorKind::InvalidData)?;
        body.extend(read_exactly(reader, size)?);
        read_line(reader)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn read_exactly(reader: &mut impl BufRead, bytes: usize) -> io::Result<Vec<u8>> {
    let mut body = vec![0; bytes];
    reader.read_exact(&mut body)?;
    Ok(body)
}

fn read_line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if reader.by_ref().take(64 * 1024).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}
