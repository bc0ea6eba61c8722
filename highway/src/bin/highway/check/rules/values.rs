//! Values: what a peer writes, what it reads, and what it refuses. `echo` shows both.

use highway::Value;

use super::{Check, Run, checks};
use crate::check::{
    kit::Kit,
    message::{self, decoded, describe, hex},
    talk::{Talk, same},
    verdict::{Tried, broken, not_tried},
};

/// Payloads of one type code.
pub(in crate::check) struct Values {
    code: u8,
    cases: &'static [Case],
    /// Whether the peers have to speak the extension, without which collections are JSON.
    extension: bool,
}

/// A payload, in hex, and what comes of it.
enum Case {
    /// It comes back as it went.
    Same(&'static str),
    /// Other bytes come back.
    As(&'static str, &'static str),
    /// The value of these bytes comes back, however it is written.
    Like(&'static str, &'static str),
    /// It is refused.
    Refused(&'static str),
}
use Case::{As, Like, Refused, Same};

impl Values {
    pub(in crate::check) async fn run(&self, kit: &Kit) -> Tried {
        let mut talk = kit.open().await?;
        for case in self.cases {
            match *case {
                Same(payload) => returns(&mut talk, self.code, payload, payload).await?,
                As(payload, back) => returns(&mut talk, self.code, payload, back).await?,
                Like(payload, value) => {
                    let sent = talk.bytes(payload)?;
                    let value = talk.bytes(value)?;
                    returns_like(&mut talk, self.code, &sent, &value).await?;
                }
                Refused(payload) => {
                    let sent = talk.bytes(payload)?;
                    if !refuses(&mut talk, self.code, &sent).await? {
                        // A client may have one connection at a time.
                        drop(talk);
                        talk = kit.open().await?;
                    }
                }
            }
        }
        Ok(())
    }
}

const fn values(code: u8, cases: &'static [Case]) -> Values {
    Values {
        code,
        cases,
        extension: false,
    }
}

const fn cbor(code: u8, cases: &'static [Case]) -> Values {
    Values {
        code,
        cases,
        extension: true,
    }
}

macro_rules! payloads {
    ($($rule:literal $values:expr;)*) => {
        &[$(Check {
            rule: $rule,
            side: None,
            extension: { const VALUES: Values = $values; VALUES.extension },
            routes: &["echo"],
            run: Run::Values(&{ const VALUES: Values = $values; VALUES }),
        }),*]
    };
}

pub(super) const PAYLOADS: &[Check] = payloads! {
    "value.str" values(0, &[Same(""), Same("68c3a9"), Same("f09f9aa3"), Same("00"), Same("efbbbf78")]);
    "value.int" values(1, &[Same("30"), Same("2d37"), Same("3138343436373434303733373039353531363136"), Same("39303037313939323534373430393933")]);
    "value.bool" values(3, &[Same("31"), Same("30")]);
    "value.bytes" values(7, &[Same(""), Same("00ff"), Same("7b7d")]);
    "value.none" values(8, &[Same("")]);
    "value.read-int" values(1, &[As("203720", "37"), As("2b37", "37"), As("303037", "37"), As("315f303030", "31303030"), As("d9a3", "33"), As("31653231", "31303030303030303030303030303030303030303030")]);
    "value.read-bool" values(3, &[As("32", "31"), As("2d31", "31"), As("203020", "30")]);
    "value.read-none" values(8, &[As("6162", "")]);
    "value.refuse-str" values(0, &[Refused("ff"), Refused("c3"), Refused("eda080")]);
    "value.refuse-int" values(1, &[Refused(""), Refused("78"), Refused("312e35"), Refused("315f5f30")]);
    "value.refuse-float" values(2, &[Refused(""), Refused("78"), Refused("3165343030")]);
    "value.refuse-bool" values(3, &[Refused(""), Refused("74727565")]);
    "cbor.list" cbor(4, &[Same("80"), Same("83f6f4f5"), Same("818180")]);
    "cbor.int" cbor(4, &[Same("8401201901f43901f3"), Same("821bffffffffffffffff3bffffffffffffffff"), Same("821b001fffffffffffff1b0020000000000001")]);
    "cbor.bignum" cbor(4, &[Same("82c249010000000000000000c349010000000000000000"), Same("81c2510100000000000000000000000000000000")]);
    "cbor.float" cbor(4, &[Same("82fb3ff8000000000000fb8000000000000000"), Same("82fb7ff0000000000000fb3ff0000000000000"), Same("81fb0000000000000001")]);
    "cbor.str" cbor(4, &[Same("82616162c3a9"), Same("8160")]);
    "cbor.bytes" cbor(4, &[Same("814200ff"), Same("8140")]);
    "cbor.tuple" cbor(6, &[Same("82016374776f"), Same("80"), Same("81d9f07482018102"), As("d9f07482018102", "82018102")]);
    "cbor.dict" cbor(5, &[Same("a0"), Same("a16161d9f07480"), Same("a1616182f6f5")]);
    "cbor.int-keys" cbor(5, &[Same("a207617820f6"), Same("a1c24901000000000000000001")]);
    "cbor.order" cbor(5, &[Same("a3616201616102616303"), Same("a3020103022003")]);
    "cbor.shortest" cbor(4, &[As("811800", "8100"), As("811b0000000000000001", "8101"), As("9800", "80"), As("81780161", "816161"), As("81c24101", "8101"), As("81c2480000000000000001", "8101"), As("81c340", "8120")]);
    "cbor.float-width" cbor(4, &[As("81f93c00", "81fb3ff0000000000000"), As("81fa3fc00000", "81fb3ff8000000000000"), As("81f97c00", "81fb7ff0000000000000")]);
    "cbor.indefinite" cbor(4, &[Like("9f01ff", "8101"), Like("81bf616101ff", "81a1616101"), Like("817f61616162ff", "81626162"), Like("815f41004101ff", "81420001")]);
    "cbor.undefined" cbor(4, &[As("81f7", "81f6")]);
    "cbor.same-key" cbor(5, &[As("a3616101616202616103", "a2616103616202"), As("a20101c2410102", "a10102")]);
    "cbor.refuse-type" cbor(4, &[Refused("a0"), Refused("f6"), Refused("00"), Refused("d9f07480"), Refused("")]);
    "cbor.refuse-tag" cbor(4, &[Refused("81c06161"), Refused("81c4820001"), Refused("81c201"), Refused("81d9f074a0"), Refused("81d9f07400"), Refused("d9d9f780")]);
    "cbor.refuse-simple" cbor(4, &[Refused("81e0"), Refused("81f8ff"), Refused("811c"), Refused("813e"), Refused("81fc"), Refused("81ff"), Refused("ff")]);
    "cbor.refuse-utf8" cbor(4, &[Refused("8161ff"), Refused("817f61c361a9ff")]);
    "cbor.refuse-key" cbor(5, &[Refused("a1f501"), Refused("a1fb3ff800000000000001"), Refused("a1410001"), Refused("a1f601"), Refused("a18001"), Refused("a26161010002")]);
    "cbor.refuse-length" cbor(4, &[Refused("81"), Refused("9affffffff"), Refused("9b7fffffffffffffff"), Refused("81ba7fffffff"), Refused("815a7fffffff00"), Refused("817b7fffffffffffffff61"), Refused("9b8000000000000000")]);
    "cbor.refuse-trailing" cbor(4, &[Refused("8000"), Refused("8101f6")]);
};

pub(super) const CHECKS: &[Check] = checks! {
    "value.float" any plain ["echo"] float;
    "value.read-float" any plain ["echo"] read_float;
    "value.refuse-long-int" any plain ["echo"] long_int;
    "cbor.refuse-long-int" any extended ["echo"] long_bignum;
    "cbor.refuse-nesting" any extended ["echo"] nesting;
    "json.collections" any plain [] collections;
    "json.floats" any plain [] floats;
    "json.large-int" any plain [] large_int;
    "json.surrogate" any plain [] surrogate;
    "json.refuse" any plain ["echo"] json_refused;
};

/// The message that `echo` answers with; its type code, and where its payload is.
async fn bounce(talk: &mut Talk, code: u8, payload: &[u8]) -> Tried<(u8, Vec<u8>)> {
    let expected = format!("what `echo` got: the type code {code} and {}", hex(payload));
    ask(talk, code, payload).await?;
    let answer = if talk.extended {
        "02 .... {1}"
    } else {
        ".. 0500"
    };
    let message = talk.message(&expected).await?;
    let known = talk.filled_in(answer)?;
    let skipped = if talk.extended { 8 } else { 4 };
    let pattern = message::Pattern::parse(&format!(".. {known} *"));
    match (message.first(), message.get(skipped..)) {
        (Some(code), Some(back)) if pattern.is_some_and(|pattern| pattern.fits(&message)) => {
            Ok((*code, back.to_vec()))
        }
        _ => broken(expected, describe(&message, talk.extended)),
    }
}

/// Calls `echo`, or sends a message to it, which a peer without the extension answers at the kit's `echoed`.
async fn ask(talk: &mut Talk, code: u8, payload: &[u8]) -> Tried {
    if !talk.extended && talk.routes.contains_key("do") {
        return not_tried(
            "only a peer that sends what `echo` gets to `echoed` shows this without the extension",
        );
    }
    let head = if talk.extended {
        format!("{code:02x} 01 {{echo}} {{1}}")
    } else {
        format!("{code:02x} 00 {{echo}}")
    };
    let message = [talk.bytes(&head)?, payload.to_vec()].concat();
    talk.say(message).await;
    Ok(())
}

async fn returns(talk: &mut Talk, code: u8, payload: &str, back: &str) -> Tried {
    let sent = talk.bytes(payload)?;
    let expected = talk.bytes(back)?;
    let (found, bytes) = bounce(talk, code, &sent).await?;
    if found == code && bytes == expected {
        return Ok(());
    }
    broken(
        format!(
            "the type code {code} and {} back, for {}",
            hex(&expected),
            hex(&sent)
        ),
        format!("the type code {found} and {}", hex(&bytes)),
    )
}

async fn returns_like(talk: &mut Talk, code: u8, sent: &[u8], value: &[u8]) -> Tried {
    let (found, bytes) = bounce(talk, code, sent).await?;
    let (expected, back) = (decoded(code, value, true), decoded(found, &bytes, true));
    match (expected, back) {
        (Some(expected), Some(value)) if same(&expected, &value) => Ok(()),
        (expected, _) => broken(
            format!("{expected:?} back, for {}", hex(sent)),
            format!("the type code {found} and {}", hex(&bytes)),
        ),
    }
}

/// Makes sure that a payload is refused; returns whether the connection goes on.
async fn refuses(talk: &mut Talk, code: u8, payload: &[u8]) -> Tried<bool> {
    ask(talk, code, payload).await?;
    let shown = hex(payload.get(..40).unwrap_or(payload));
    if !talk.extended {
        let what = format!("a message with the type code {code} and {shown}");
        talk.closes(&what, 1003, "Convert failed").await?;
        return Ok(false);
    }
    let expected =
        format!("a failure with the error \"convert\" for the type code {code} and {shown}");
    let message = talk.message(&expected).await?;
    let word = message::value(&message, true);
    let word = word
        .as_ref()
        .and_then(|failure| failure.get_key("error")?.as_str());
    match (message.get(1), word) {
        (Some(3), Some("convert")) => Ok(true),
        _ => broken(expected, describe(&message, true)),
    }
}

async fn float(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    for text in [
        "2.5",
        "1.0",
        "-0.0",
        "0.1",
        "1e22",
        "5e-324",
        "1.7976931348623157e308",
        "0.30000000000000004",
        "NaN",
        "Infinity",
        "-Infinity",
    ] {
        let (code, bytes) = bounce(&mut talk, 2, text.as_bytes()).await?;
        let back = String::from_utf8_lossy(&bytes).into_owned();
        let (sent, read) = (text.parse::<f64>(), back.parse::<f64>());
        let is_same = match (&sent, &read) {
            (Ok(sent), Ok(read)) if sent.is_finite() => {
                let stays_float = back.contains(['.', 'e', 'E']);
                sent.to_bits() == read.to_bits() && stays_float && digits(&back) <= digits(text)
            }
            _ => back == text,
        };
        if code != 2 || !is_same {
            return broken(
                format!("the type code 2 and {text} back, in as many digits as it needs"),
                format!("the type code {code} and {back:?}"),
            );
        }
    }
    Ok(())
}

/// The significant digits of a decimal.
fn digits(text: &str) -> usize {
    let text = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').len()
}

async fn read_float(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    for (text, value) in [
        ("1", 1.0),
        (" .5 ", 0.5),
        ("5.", 5.0),
        ("+2.5", 2.5),
        ("1_0.0", 10.0),
        ("inf", f64::INFINITY),
        ("-INFINITY", f64::NEG_INFINITY),
        ("nan", f64::NAN),
        ("1e-400", 0.0),
    ] {
        let (code, bytes) = bounce(&mut talk, 2, text.as_bytes()).await?;
        let back = String::from_utf8_lossy(&bytes).into_owned();
        let read: f64 = back.parse().unwrap_or(f64::MAX);
        if code != 2 || !same(&read.into(), &value.into()) {
            return broken(
                format!("that {text:?} is read as the float {value:?}"),
                format!("the type code {code} and {back:?}"),
            );
        }
    }
    Ok(())
}

async fn long_int(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    let longest = [b'7'; 4_300];
    let (code, bytes) = bounce(&mut talk, 1, &longest).await?;
    if code != 1 || bytes != longest {
        return broken(
            "an int of 4,300 digits back",
            format!("the type code {code} and {} bytes", bytes.len()),
        );
    }
    refuses(&mut talk, 1, &[b'7'; 4_301]).await?;
    Ok(())
}

async fn long_bignum(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    // 14,400 bits are more than 4,300 digits.
    let bignum = [&[0x81, 0xc2, 0x59, 0x07, 0x08][..], &[0xff; 1_800]].concat();
    refuses(&mut talk, 4, &bignum).await?;
    Ok(())
}

async fn nesting(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    let deep = [&[0x81; 1_000][..], &[0x80]].concat();
    refuses(&mut talk, 4, &deep).await?;
    let mut nested = vec![0xa1, 0x61, 0x61];
    nested.extend([0x9f; 10_000]);
    nested.extend([0xff; 10_000]);
    refuses(&mut talk, 5, &nested).await?;
    Ok(())
}

/// Has the peer send a value, which it gets in JSON.
async fn in_json(kit: &Kit, json: &str) -> Tried<(Talk, Vec<u8>)> {
    let mut talk = kit.open_plain().await?;
    let code = match json.as_bytes().first() {
        Some(b'{') => 5,
        _ => 4,
    };
    let (message, pattern) = if talk.routes.contains_key("do") {
        let message = [
            talk.bytes("04 00 {do}")?,
            format!("[\"send\",\"told\",{json}]").into_bytes(),
        ];
        (message.concat(), ".. .. 0100 *")
    } else {
        let head = talk.bytes(&format!("{code:02x} 00 {{echo}}"))?;
        ([head, json.as_bytes().to_vec()].concat(), ".. .. 0500 *")
    };
    talk.say(message).await;
    let what = format!("a message with {json}");
    let message = talk.expect(&what, pattern).await?;
    Ok((talk, message))
}

/// The value that comes back in JSON.
async fn json_back(kit: &Kit, json: &str, expected: Value) -> Tried {
    let (_, message) = in_json(kit, json).await?;
    match message::value(&message, false) {
        Some(value) if same(&value, &expected) => Ok(()),
        _ => broken(
            format!("{expected:?}, for {json}"),
            format!(
                "{} ({})",
                describe(&message, false),
                String::from_utf8_lossy(message.get(4..).unwrap_or_default())
            ),
        ),
    }
}

/// The value of a text in JSON, as the kit reads it.
fn of_json(json: &str) -> Value {
    let code = if json.starts_with('{') { 5 } else { 4 };
    decoded(code, json.as_bytes(), false).unwrap_or_default()
}

async fn collections(kit: &Kit) -> Tried {
    for json in [
        "[null,true,-7,2.5,\"hé\"]",
        "{\"a\":[],\"b\":{\"c\":\"\\u00e9\\/\\n\"}}",
        "[1.0,-9223372036854775808,18446744073709551615]",
    ] {
        json_back(kit, json, of_json(json)).await?;
    }
    Ok(())
}

async fn floats(kit: &Kit) -> Tried {
    for json in [
        "[0.3333333333333333]",
        "[1e-11]",
        "[-0.0]",
        "[5e-324]",
        "[1.7976931348623157e308]",
    ] {
        json_back(kit, json, of_json(json)).await?;
    }
    Ok(())
}

async fn large_int(kit: &Kit) -> Tried {
    let expected = Value::List(vec![18_446_744_073_709_551_616.0.into()]);
    json_back(kit, "[18446744073709551616]", expected).await
}

async fn surrogate(kit: &Kit) -> Tried {
    let expected = Value::List(vec!["\u{fffd}x".into()]);
    json_back(kit, "[\"\\ud83dx\"]", expected).await
}

async fn json_refused(kit: &Kit) -> Tried {
    for json in ["[NaN]", "[Infinity]", "[1e400]", "[1]x", "[\"a]", ""] {
        let mut talk = kit.open_plain().await?;
        let message = [talk.bytes("04 00 {echo}")?, json.as_bytes().to_vec()].concat();
        talk.say(message).await;
        talk.closes(&format!("the list {json:?}"), 1003, "Convert failed")
            .await?;
    }
    Ok(())
}
