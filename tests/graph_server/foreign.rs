//! Another host, to which a nextLink leads: it must never see a token.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use super::http::{self, Answer};

/// Listens, and remembers the `Authorization` of whoever comes.
pub struct Foreign {
    pub address: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Foreign {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of its own");
        let address = format!("http://localhost:{}", listener.local_addr().expect("it is bound").port());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&seen);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                while let Some(request) = http::read(&mut stream) {
                    let with = request.header("authorization").unwrap_or("no token").to_owned();
                    all.lock().expect("no thread dies listening").push(format!("{} with {with}", request.target));
                    let body = b"{\"value\":[{\"id\":\"planted-by-a-foreign-host\"}]}".to_vec();
                    let answer = Answer {
                        status: 200,
                        body,
                        ..Answer::default()
                    };
                    if !http::write(&mut stream, &answer) {
                        break;
                    }
                }
            }
        });
        Self { address, seen }
    }

    /// Who came.
    pub fn visits(&self) -> Vec<String> {
        self.seen.lock().expect("no thread dies listening").clone()
    }
}
