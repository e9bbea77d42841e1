//! Text of returned tables: UTF-8 with or without a mark, UTF-16 with one, else Windows-1252.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// The text, without a byte order mark.
///
/// # Errors
/// When the bytes are no text: UTF-16 that breaks off, or zero bytes.
pub fn decode(bytes: &[u8]) -> Result<String, String> {
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => {
            let rest = bytes.get(mark..).unwrap_or_default();
            let (text, broken) = encoding.decode_without_bom_handling(rest);
            if broken {
                return Err(format!("it says that it is {} and is not; save it again as CSV UTF-8", encoding.name()));
            }
            text
        }
        // A program that writes Windows-1252 gives, but for plain English, no valid UTF-8.
        None => match UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
            Some(text) => text,
            None => WINDOWS_1252.decode_without_bom_handling(bytes).0,
        },
    };
    if text.contains('\0') {
        return Err("it holds zero bytes and is no text; send back review.csv, review.xlsx or what the page saved".into());
    }
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_usual_encoding_is_read() {
        for (bytes, expected) in [
            ("Zoë,žluť".as_bytes().to_vec(), Ok("Zoë,žluť")),
            ([b"\xef\xbb\xbf".as_slice(), "Zoë".as_bytes()].concat(), Ok("Zoë")),
            (b"\xff\xfeZ\0o\0\xeb\0\t\0x\0".to_vec(), Ok("Zoë\tx")),
            (b"\xfe\xff\0Z\0o\0\xeb".to_vec(), Ok("Zoë")),
            (b"Zo\xeb \x80".to_vec(), Ok("Zoë €")),
            (
                b"\xff\xfeZ\0o".to_vec(),
                Err("it says that it is UTF-16LE and is not; save it again as CSV UTF-8"),
            ),
        ] {
            assert_eq!(decode(&bytes), expected.map(String::from).map_err(String::from));
        }
        assert!(decode(b"a\0b").is_err());
    }
}
