//! What is refused: messages after which the peer closes.

use super::{Check, Run};
use crate::check::{
    kit::{Kit, Opening, Side},
    verdict::Tried,
};

/// Messages after each of which the peer closes.
pub(in crate::check) struct Refusal {
    /// What is said before, each beginning with `>` if the kit sends it, and with `<` if the peer does.
    before: &'static [&'static str],
    /// The messages, each on a connection of its own.
    messages: &'static [&'static str],
    close: (u16, &'static str),
    extension: bool,
    /// Whether the kit sends its contract.
    contract: bool,
}

impl Refusal {
    pub(in crate::check) async fn run(&self, kit: &Kit) -> Tried {
        let opening = if self.extension {
            Opening::extended()
        } else {
            Opening::plain()
        };
        for message in self.messages {
            let mut talk = kit
                .open_as(&Opening {
                    contract: opening.contract.clone().filter(|_| self.contract),
                    ..opening.clone()
                })
                .await?;
            for step in self.before {
                match step.split_once(' ') {
                    Some((">", digits)) => talk.send(digits).await?,
                    Some((_, digits)) => {
                        talk.expect("what goes before", digits).await?;
                    }
                    None => {}
                }
            }
            talk.send(message).await?;
            let (code, reason) = self.close;
            let digits = talk.filled_in(message)?;
            talk.closes(&format!("\"{digits}\""), code, reason).await?;
        }
        Ok(())
    }
}

const MALFORMED: (u16, &str) = (3001, "Malformed header");
const NO_ROUTE: (u16, &str) = (3002, "Route does not exist");
const INVALID: (u16, &str) = (3003, "Invalid state");

/// The usual: with the extension and a contract, and nothing before.
const EXTENDED: Refusal = Refusal {
    before: &[],
    messages: &[],
    close: INVALID,
    extension: true,
    contract: true,
};

const PLAIN: Refusal = Refusal {
    extension: false,
    contract: false,
    ..EXTENDED
};

const WAITS: &[&str] = &["> 08 01 {wait} {1}"];
const DO_CALL: &[&str] = &[
    "> 06 00 {do} 836463616c6c63616464d9f074820102",
    "< 06 01 0200 {p1} 820102",
];
const DO_STREAM: &[&str] = &[
    "> 06 00 {do} 836673747265616d65636f756e7402",
    "< 01 05 0300 {p1} ........ 32",
];

/// `{"error": "refused", "message": "no"}`
macro_rules! failure {
    ($id:literal) => {
        concat!(
            "05 03 0000 ",
            $id,
            " a2656572726f726772656675736564676d657373616765626e6f"
        )
    };
}

macro_rules! refusals {
    ($($rule:literal $side:expr, [$($route:literal),*] $refusal:expr;)*) => {
        &[$(Check {
            rule: $rule,
            side: $side,
            extension: $refusal.extension,
            routes: &[$($route),*],
            run: Run::Refusal(&$refusal),
        }),*]
    };
}

pub(super) const CHECKS: &[Check] = refusals! {
    "close.3001-on-short-message" None, []
    Refusal { messages: &["", "00", "0000", "000001"], close: MALFORMED, ..PLAIN };
    "close.3001-on-unknown-type-code" None, ["echo"]
    Refusal { messages: &["09 00 {echo}", "0a 00 {echo} 31", "ff 00 {echo}"], close: MALFORMED, ..PLAIN };
    "close.3002-on-unknown-route" None, []
    Refusal { messages: &["00 00 fefe 78"], close: NO_ROUTE, ..PLAIN };
    "close.3002-on-call-of-unknown-route" None, []
    Refusal { messages: &["00 01 fefe {1} 78", "08 05 fefe {1} 00000400", "08 01 0000 {1}"], close: NO_ROUTE, ..EXTENDED };
    "close.1003-on-invalid-data" None, ["echo"]
    Refusal { messages: &["00 00 {echo} ff", "01 00 {echo} 78", "04 00 {echo} 5b"], close: (1003, "Convert failed"), ..PLAIN };
    "close.3001-on-unknown-kind" None, []
    Refusal { messages: &["08 10 0000 {1}", "00 ff 0000 {1}"], close: MALFORMED, ..EXTENDED };
    "close.3001-on-type-code-of-kind" None, ["echo"]
    Refusal {
        messages: &["0a 01 {echo} {1}", "09 02 0000 {p1}", "01 07 0000 {p1} 31", "00 0b 0000 {1}", "08 03 0000 {p1}", "05 04 0000 {1}", "04 0e 0000 80"],
        close: MALFORMED,
        ..EXTENDED
    };
    "close.3001-on-missing-fields" None, ["echo"]
    Refusal {
        messages: &["01 01 {echo} 010000", "08 04 0000", "08 08 0000 {1}", "08 05 {echo} {1} 000004", "08 0d 0000 {1} e8"],
        close: MALFORMED,
        ..EXTENDED
    };
    "close.3003-on-id-of-the-receiver" None, ["echo"]
    Refusal { messages: &["01 01 {echo} {p1} 31", "01 05 {echo} {p1} 00000400 31", "00 09 0000 {p1} 00000400"], ..EXTENDED };
    "close.3003-on-open-id" None, ["echo", "wait"]
    Refusal { before: WAITS, messages: &["01 01 {echo} {1} 31", "01 05 {echo} {1} 00000400 31"], ..EXTENDED };
    "close.3003-on-answer-from-the-opener" None, ["wait"]
    Refusal { before: WAITS, messages: &["01 02 0000 {1} 31", "08 0a 0000 {1} 01000000"], ..EXTENDED };
    "close.3003-on-item-of-no-stream" None, ["wait"]
    Refusal { before: WAITS, messages: &["01 06 0000 {1} 31", "08 07 0000 {1}", failure!("{1}")], ..EXTENDED };
    "close.3003-on-item-after-the-end" None, ["hold"]
    Refusal { before: &["> 09 01 {hold} {1}", "> 08 07 0000 {1}"], messages: &["01 06 0000 {1} 35"], ..EXTENDED };
    "close.3003-on-reply-to-a-stream" None, ["do"]
    Refusal { before: DO_STREAM, messages: &["01 02 0000 {p1} 30"], ..EXTENDED };
    "close.3003-on-item-of-a-call" None, ["do"]
    Refusal { before: DO_CALL, messages: &["01 06 0000 {p1} 31", "08 07 0000 {p1}"], ..EXTENDED };
    "close.3003-on-piece-of-no-pipe" None, ["wait"]
    Refusal { before: WAITS, messages: &["07 0b 0000 {1} 00", "07 0c 0000 {1} 00", "08 0d 0000 {1} e803"], ..EXTENDED };
    "close.3003-on-piped-of-no-pipe" None, ["do"]
    Refusal { before: DO_CALL, messages: &["08 0a 0000 {p1} 01000000"], ..EXTENDED };
    "close.3003-on-too-much-credit" None, ["never"]
    Refusal { before: &["> 08 05 {never} {1} ffffff7f"], messages: &["08 08 0000 {1} 01000000", "08 05 {never} {2} 00000080"], ..EXTENDED };
    "close.3003-on-missing-contract" None, ["echo"]
    Refusal { messages: &["00 00 {echo} 78", "00 01 {echo} {1} 78"], contract: false, ..EXTENDED };
    "close.3003-on-second-contract" None, []
    Refusal { messages: &["05 0e 0000 a0"], ..EXTENDED };
    "close.3003-on-missed-from-a-client" Some(Side::Server), []
    Refusal { messages: &["08 0f 0000 0100000000000000"], ..EXTENDED };
};
