//! HTTP/1.1 by hand, so that resets and truncated bodies are made on purpose.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

/// What was asked.
#[derive(Debug)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// A header, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// A field of a form body.
    pub fn form(&self, name: &str) -> Option<String> {
        let body = String::from_utf8_lossy(&self.body).into_owned();
        super::query::split(&format!("?{body}")).1.get(name).cloned()
    }
}

/// What is answered.
#[derive(Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub delivery: Delivery,
}

/// How the body travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// With its length.
    #[default]
    Whole,
    /// In chunks, as Graph does.
    Chunked,
    /// The connection is reset before a byte.
    ResetBefore,
    /// The connection is reset in the middle of the body.
    ResetInside,
    /// The connection is closed in the middle of the body.
    Truncated,
}

/// Reads a request and leaves its last byte in the socket: a socket closed with bytes unread is reset, not closed.
///
/// `None` when the client has gone.
pub fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut seen = vec![0; 64 * 1024];
    let ends = loop {
        let length = stream.peek(&mut seen).ok().filter(|n| *n > 0)?;
        if let Some(end) = seen[..length].windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
        thread::sleep(Duration::from_millis(1));
    };
    let head = String::from_utf8_lossy(&seen[..ends]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers = lines.filter_map(|l| l.split_once(':')).map(|(n, v)| (n.to_owned(), v.trim().to_owned()));
    let mut request = Request {
        method,
        target,
        headers: headers.collect(),
        body: Vec::new(),
    };
    let length = request.header("content-length").and_then(|l| l.parse::<usize>().ok()).unwrap_or(0);
    let mut taken = vec![0; ends + length - 1];
    stream.read_exact(&mut taken).ok()?;
    if length > 0 {
        let mut last = [0];
        // The last byte of a body may be needed; only its presence in the socket matters, so it is peeked.
        stream.peek(&mut last).ok()?;
        taken.extend(last);
        request.body = taken.split_off(ends);
    }
    Some(request)
}

/// Answers; says whether the connection lives on.
pub fn write(stream: &mut TcpStream, answer: &Answer) -> bool {
    if answer.delivery == Delivery::ResetBefore {
        return false;
    }
    let mut head = format!("HTTP/1.1 {} {}\r\nContent-Type: application/json\r\n", answer.status, reason(answer.status));
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = &answer.body;
    let sent = match answer.delivery {
        Delivery::Chunked => {
            head.push_str("Transfer-Encoding: chunked\r\n\r\n");
            let mut text = head.into_bytes();
            for chunk in body.chunks(16 * 1024) {
                text.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                text.extend(chunk);
                text.extend(b"\r\n");
            }
            text.extend(b"0\r\n\r\n");
            text
        }
        _ => {
            head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
            let cut = match answer.delivery {
                Delivery::Whole => body.len(),
                _ => body.len() / 2,
            };
            let mut text = head.into_bytes();
            text.extend(&body[..cut]);
            text
        }
    };
    let written = stream.write_all(&sent).and_then(|()| stream.flush()).is_ok();
    match answer.delivery {
        Delivery::ResetInside => false,
        Delivery::Truncated => {
            let mut last = [0];
            let _ = stream.read_exact(&mut last);
            false
        }
        _ => {
            let mut last = [0];
            written && stream.read_exact(&mut last).is_ok()
        }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}
