//! Writes the seeds of all targets from the messages of the published peers (`highway/tests/vectors`) and from a few
//! conversations: `cargo run --example seeds` in this folder. `README.md` says what becomes of them.

use std::{fs, io, path::Path};

use serde_json::Value;

const TABLE: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"1 echo\"}";
const TABLE_01: &[u8] = b"\x01\0\0\0{\"routes\":{\"0\":\"meta\",\"1\":\"1 echo\"}}";
const TABLE_EXTENDED: &[u8] =
    b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"1 echo\",\"65535\":\"highway/1\"}";
const CONTRACT: &[u8] = b"\x05\x0e\0\0\xa0";
/// Conversations with the extension, behind its table and a contract: for the server (0) and the client (1).
const EXTENDED: &[(u8, &[&[u8]])] = &[
    // Calls, their cancelling, and a plain message.
    (
        0,
        &[
            b"\x06\x01\x01\0\x01\0\0\0\x82\x01\x02",
            b"\0\x01\x02\0\x03\0\0\0lobby",
            b"\x08\x04\0\0\x03\0\0\0",
            b"\0\0\x01\0hi",
        ],
    ),
    // A stream and the credit for it; then the routes told again, without the extension.
    (
        0,
        &[
            b"\x01\x05\x01\0\x01\0\0\0\0\0\x04\x005",
            b"\x08\x08\0\0\x01\0\0\0\0\0\x04\0",
            TABLE,
            b"\x09\x05\x03\0\x03\0\0\0\0\0\x04\0",
        ],
    ),
    // A call with a stream as its data, which fails.
    (
        0,
        &[
            b"\x09\x01\x02\0\x03\0\0\0",
            b"\0\x06\0\0\x03\0\0\0a",
            b"\x05\x03\0\0\x03\0\0\0\xa1eerrorgrefused",
        ],
    ),
    // What a server answers with.
    (
        1,
        &[
            b"\x01\x02\0\0\x01\0\0\x003",
            b"\x01\x06\0\0\x03\0\0\x000",
            b"\x08\x07\0\0\x03\0\0\0",
        ],
    ),
    // Another contract.
    (0, &[CONTRACT]),
    // An end that has a value.
    (1, &[b"\x01\x07\0\0\x03\0\0\x000"]),
];
/// More than this has no new ways through the code, only more of the same.
const LONGEST: usize = 512;

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = Seeds { here, count: 0 };
    for (dialect, selector, table) in [("0.2", 0, TABLE), ("0.1", 1, TABLE_01)] {
        let vectors = here.join(format!("../tests/vectors/vectors-{dialect}.jsonl"));
        for line in fs::read_to_string(vectors)?.lines() {
            let record: Value = serde_json::from_str(line)?;
            let bytes = |key: &str| record[key].as_str().and_then(from_hex);
            let (Some(header), Some(payload)) = (bytes("header_hex"), bytes("payload_hex")) else {
                continue;
            };
            let message = [header, payload].concat();
            if message.len() > LONGEST {
                continue;
            }
            seeds.message(selector, table, &message)?;
        }
    }
    seeds.conversations()?;
    seeds.extended()?;
    println!("{} seeds", seeds.count);
    Ok(())
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
        .collect()
}

struct Seeds<'a> {
    here: &'a Path,
    count: usize,
}

impl Seeds<'_> {
    fn add(&mut self, target: &str, data: &[u8]) -> io::Result<()> {
        let folder = self.here.join("corpus").join(target);
        fs::create_dir_all(&folder)?;
        self.count += 1;
        fs::write(folder.join(format!("seed-{}", self.count)), data)
    }

    /// One message for all targets.
    fn message(&mut self, selector: u8, table: &[u8], message: &[u8]) -> io::Result<()> {
        let mut selected = message.to_vec();
        if let Some(kind) = selected.get_mut(1) {
            *kind = selector;
        }
        self.add("message", &selected)?;
        self.add("header", message)?;
        if let Some(payload) = message
            .get(4..)
            .filter(|payload| payload.first() == Some(&b'{'))
        {
            self.add("table", &[&[selector], payload].concat())?;
        }
        let side = selector << 1;
        self.add(
            "session",
            &[&[side], &*prefixed(table), &*prefixed(message)].concat(),
        )?;
        self.add(
            "session",
            &[&[side | 1], &*prefixed(table), &*prefixed(message)].concat(),
        )?;
        let mut to_echo = message.to_vec();
        if let Some(route) = to_echo.get_mut(2) {
            *route = 1;
        }
        self.frames("server", &[(0x82, table), (0x82, &to_echo)])?;
        self.frames("client", &[(0x82, table), (0x82, &to_echo)])
    }

    /// Frames behind an upgrade, for a server (masked with zeros) or a client.
    fn frames(&mut self, target: &str, frames: &[(u8, &[u8])]) -> io::Result<()> {
        let mut data = vec![0xff];
        for (first, payload) in frames {
            let masked = target == "server";
            let bit = if masked { 0x80 } else { 0 };
            data.push(*first);
            match u8::try_from(payload.len()) {
                Ok(short @ 0..=125) => data.push(bit | short),
                _ => {
                    data.push(bit | 126);
                    data.extend(
                        u16::try_from(payload.len())
                            .unwrap_or(u16::MAX)
                            .to_be_bytes(),
                    );
                }
            }
            if masked {
                data.extend([0; 4]);
            }
            data.extend_from_slice(payload);
        }
        // The same by themselves: whole and in pieces of three bytes, with the limit of 1,000.
        let sender = u8::from(target == "server");
        for selector in [2 << 1 | sender, 3 << 3 | 2 << 1 | sender] {
            self.add("frames", &[&[selector], &data[1..]].concat())?;
        }
        self.add(target, &data)
    }

    /// Collections as peers with the extension have them.
    fn extended(&mut self) -> io::Result<()> {
        for (code, payload) in [
            (4, "83f6f4f5"),
            (4, "84011901f4203901f3"),
            (4, "83fb3ff8000000000000fa3fc00000f93e00"),
            (4, "8262c3a94200ff"),
            (4, "827f616162c3a9ff5f410041ffff"),
            (4, "9f9f01ffbf616100ffff"),
            (4, "82c249010000000000000000c349010000000000000000"),
            (4, "81d9f0748201820203"),
            (5, "a261618061626178"),
            (5, "a20761782000"),
            (5, "a1c24901000000000000000001"),
            (
                5,
                "a5626964016161f5646e616d6561786474616773816161657368617065a166636972636c65fb3ff8000000000000",
            ),
            (6, "8401190100f6f7"),
            (6, "d9f07480"),
        ] {
            let payload = from_hex(payload).unwrap_or_default();
            self.add("message", &[&[code, 2, 1, 0], &payload[..]].concat())?;
        }
        Ok(())
    }

    fn conversations(&mut self) -> io::Result<()> {
        for header in [
            &b""[..],
            b"\0",
            b"\0\0\x01",
            b"\0\0\x01\0",
            b"\x07\0\x02\0",
            b"\x05\0\x03\0",
            b"\x09\0\x01\0",
            b"\xff\xff\xff\xff",
            b"\x05\0\0\0{}",
            b"\x04\0\0\0[]",
            TABLE,
            TABLE_01,
        ] {
            self.add("header", header)?;
        }
        for (side, messages) in EXTENDED {
            let mut data = vec![*side | 4];
            data.extend(prefixed(TABLE_EXTENDED));
            data.extend(prefixed(CONTRACT));
            data.extend(messages.iter().flat_map(|message| prefixed(message)));
            self.add("session", &data)?;
        }
        for target in ["server", "client"] {
            for table in [TABLE, TABLE_01] {
                // Fragments with a ping in between, then the closing handshake.
                self.frames(
                    target,
                    &[
                        (0x82, table),
                        (0x02, b"\0\0"),
                        (0x89, b"ping"),
                        (0x00, b"\x01\0"),
                        (0x80, b"text"),
                        (0x88, b"\x03\xe8bye"),
                    ],
                )?;
                for route in 1..=7 {
                    for (code, payload) in [
                        (0, "text"),
                        (4, "[1,2.5,null]"),
                        (5, "{}"),
                        (6, "[1,2.5,\"x\"]"),
                        (7, "\u{1}"),
                        (8, ""),
                    ] {
                        let message = [&[code, 0, route, 0], payload.as_bytes()].concat();
                        self.frames(target, &[(0x82, table), (0x82, &message), (0x82, &message)])?;
                    }
                }
            }
            // Faults: text, reserved bits and opcodes, a long control frame, a lonely continuation, bad codes.
            for (first, payload) in [
                (0x81, &b"text"[..]),
                (0x81, b"\xff"),
                (0xc2, b""),
                (0x83, b""),
                (0x8b, b""),
                (0x09, b""),
                (0x89, &[0; 126]),
                (0x80, b"x"),
                (0x88, b"\x03"),
                (0x88, b"\x03\xed"),
                (0x88, b"\0\0"),
                (0x88, b"\x03\xe8\xff"),
                (0x88, b""),
                (0x8a, b"pong"),
            ] {
                self.frames(target, &[(first, payload)])?;
                self.frames(target, &[(0x82, TABLE), (first, payload)])?;
            }
        }
        self.add("server", b"\x7fGET / HTTP/1.1\r\nHost: a\r\n\r\n")?;
        self.add(
            "server",
            b"\x7fPOST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
        )?;
        self.add("server", b"\x7f\x16\x03\x01\x02\0\x01")?;
        self.add(
            "client",
            b"\x7fHTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n",
        )?;
        self.add("client", b"\x7fHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")?;
        Ok(())
    }
}

/// A message behind its length, as the target `session` takes it.
fn prefixed(message: &[u8]) -> Vec<u8> {
    let len = u16::try_from(message.len()).unwrap_or(u16::MAX);
    [&len.to_le_bytes(), message].concat()
}
