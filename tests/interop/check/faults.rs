//! Faults of a peer, each of which breaks one rule: what goes to our server, or comes from it, is changed on the way.

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    ToPeer,
    FromPeer,
}
use Way::{FromPeer, ToPeer};

/// A change of messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    /// The rule that is broken by it.
    pub(super) rule: &'static str,
    pub(super) way: Way,
    /// What the message is, in hex, with `{route}` for the id of a route, `'text'`, `??` for any byte, and `*` for any rest.
    pub(super) message: &'static str,
    /// What goes on in its place, where `*` is the rest.
    pub(super) becomes: &'static [&'static str],
    /// What its sender gets in answer.
    pub(super) answer: Option<&'static str>,
    /// The message that has to come to the peer before.
    pub(super) after: Option<&'static str>,
    /// From which such message of a connection on.
    pub(super) from: usize,
}

const fn fault(
    rule: &'static str,
    way: Way,
    message: &'static str,
    becomes: &'static [&'static str],
) -> Fault {
    Fault {
        rule,
        way,
        message,
        becomes,
        answer: None,
        after: None,
        from: 1,
    }
}

impl Fault {
    const fn after(mut self, message: &'static str) -> Self {
        self.after = Some(message);
        self
    }

    const fn answers(mut self, message: &'static str) -> Self {
        self.answer = Some(message);
        self
    }

    const fn from(mut self, from: usize) -> Self {
        self.from = from;
        self
    }
}

/// Payloads that `echo` is called with, and what it gets in their place.
macro_rules! payloads {
    ($($rule:literal $code:literal $sent:literal $becomes:literal;)*) => {
        [$(fault(
            $rule,
            ToPeer,
            concat!($code, " 01 {echo} 01000000 ", $sent),
            &[concat!($code, " 01 {echo} 01000000 ", $becomes)],
        )),*]
    };
}

pub(super) const VALUES: [Fault; 36] = payloads! {
    "value.str" "00" "f09f9aa3" "f09f9aa4";
    "value.int" "01" "2d37" "2d38";
    "value.bool" "03" "30" "31";
    "value.bytes" "07" "7b7d" "7b";
    "value.read-int" "01" "2b37" "38";
    "value.read-bool" "03" "32" "30";
    "value.float" "02" "'1e22'" "'1e21'";
    "value.read-float" "02" "'5.'" "'6.'";
    "value.refuse-str" "00" "c3" "63";
    "value.refuse-int" "01" "315f5f30" "31";
    "value.refuse-float" "02" "'1e400'" "'1e40'";
    "value.refuse-bool" "03" "'true'" "31";
    "cbor.list" "04" "83f6f4f5" "83f6f4f4";
    "cbor.int" "04" "8401201901f43901f3" "8401201901f43901f2";
    "cbor.bignum" "04" "81c2510100000000000000000000000000000000" "81c2510100000000000000000000000000000001";
    "cbor.float" "04" "81fb0000000000000001" "81fb0000000000000002";
    "cbor.str" "04" "8160" "816161";
    "cbor.bytes" "04" "8140" "814100";
    "cbor.tuple" "06" "d9f07482018102" "82018103";
    "cbor.dict" "05" "a1616182f6f5" "a1616182f6f4";
    "cbor.int-keys" "05" "a1c24901000000000000000001" "a1c24901000000000000000002";
    "cbor.order" "05" "a3020103022003" "a3030202012003";
    "cbor.shortest" "04" "811b0000000000000001" "8102";
    "cbor.float-width" "04" "81f97c00" "81f9fc00";
    "cbor.indefinite" "04" "815f41004101ff" "8140";
    "cbor.undefined" "04" "81f7" "8100";
    "cbor.same-key" "05" "a20101c2410102" "a10101";
    "cbor.refuse-type" "04" "f6" "80";
    "cbor.refuse-tag" "04" "81c4820001" "80";
    "cbor.refuse-simple" "04" "81ff" "80";
    "cbor.refuse-utf8" "04" "8161ff" "80";
    "cbor.refuse-key" "05" "a1f601" "a0";
    "cbor.refuse-length" "04" "9affffffff" "80";
    "cbor.refuse-trailing" "04" "8101f6" "8101";
    "cbor.refuse-long-int" "04" "81c2590708*" "80";
    "cbor.refuse-nesting" "04" "8181818181818181818181818181818181*" "80";
};

const DO_CALL: &str = "06 00 {do} 836463616c6c63616464d9f074820102";
const DO_STREAM: &str = "06 00 {do} 836673747265616d65636f756e7402";
const WAITS: &str = "08 01 {wait} 01000000";

pub(super) const MESSAGES: &[Fault] = &[
    fault(
        "value.none",
        ToPeer,
        "08 01 {echo} 01000000",
        &["00 01 {echo} 01000000"],
    ),
    fault(
        "value.read-none",
        ToPeer,
        "08 01 {echo} 01000000 6162",
        &["00 01 {echo} 01000000 6162"],
    ),
    fault(
        "json.collections",
        ToPeer,
        "04 00 {do} '[\"send\",\"told\",[1.0,'*",
        &["04 00 {do} '[\"send\",\"told\",[2.0,'*"],
    ),
    fault(
        "json.floats",
        ToPeer,
        "04 00 {do} '[\"send\",\"told\",[1e-11]]'",
        &["04 00 {do} '[\"send\",\"told\",[0.0]]'"],
    ),
    fault(
        "json.large-int",
        ToPeer,
        "04 00 {do} '[\"send\",\"told\",[1844674'*",
        &["04 00 {do} '[\"send\",\"told\",[1]]'"],
    ),
    fault(
        "json.surrogate",
        ToPeer,
        "04 00 {do} '[\"send\",\"told\",[\"\\ud83dx\"]]'",
        &["04 00 {do} '[\"send\",\"told\",[\"x\"]]'"],
    ),
    fault("json.refuse", ToPeer, "04 00 {echo} '[NaN]'", &[]),
    fault(
        "meta.first-message",
        FromPeer,
        "05 00 0000 '{\"0\":\"meta\"'*",
        &["05 00 0000 '{\"0\":\"mate\"'*"],
    ),
    fault(
        "meta.later-map",
        ToPeer,
        "05 00 0000 '{\"0\":\"meta\",\"7\":\"told\"'*",
        &[],
    ),
    fault(
        "message.route-id",
        FromPeer,
        "00 00 0102 6869",
        &["00 00 0201 6869"],
    ),
    fault("message.second-byte", ToPeer, "04 0f {do} *", &[]),
    fault(
        "extension.entry",
        ToPeer,
        "05 00 0000 '{\"0\":\"meta\",\"1\":\"told\",\"5\":\"echoed\",\"7\"'*",
        &["05 00 0000 '{\"0\":\"meta\",\"1\":\"told\",\"65535\":\"highway/1\"}'"],
    ),
    fault(
        "extension.announced-by-both",
        ToPeer,
        "04 00 {do} '[\"send\",\"told\",[1,2.5]]'",
        &[],
    )
    .after("05 00 0000 '{\"0\":\"meta\",\"1\":\"told\",\"2\":\"add\"'*")
    .answers("04 00 0100 8201fb4004000000000000"),
    fault(
        "extension.first-map-decides",
        ToPeer,
        "04 01 {do} '[\"send\",\"told\",[1]]'",
        &[],
    )
    .answers("04 00 0100 8101"),
    fault(
        "value.refuse-long-int",
        ToPeer,
        "01 01 {echo} 01000000 '7777777777777777'*",
        &["01 01 {echo} 01000000 37"],
    )
    .from(2),
    fault(
        "id.of-the-opener",
        FromPeer,
        "06 01 0200 06000000 820102",
        &["06 01 0200 08000000 820102"],
    ),
    fault("id.reuse", ToPeer, "00 01 {echo} 01000000 6869", &[]).from(2),
    fault("id.over", ToPeer, "08 0d 0000 0a000000 e803", &["00"]),
    fault("kind.route-ignored", ToPeer, "08 08 fefe *", &["00"]),
    fault(
        "call.reply",
        FromPeer,
        "01 02 0000 03000000 37",
        &["01 02 0100 03000000 37"],
    ),
    fault(
        "call.reply-once",
        FromPeer,
        "00 02 0000 01000000 6869",
        &["00 02 0000 01000000 6869", "00 02 0000 01000000 6869"],
    ),
    fault(
        "call.start-order",
        FromPeer,
        "00 00 0100 33",
        &["00 00 0100 34"],
    ),
    fault(
        "call.finish-order",
        ToPeer,
        "00 01 {echo} 03000000 6869",
        &[],
    )
    .after(WAITS),
    fault(
        "call.cancel",
        ToPeer,
        "08 04 0000 01000000",
        &["08 04 0000 01000000"],
    )
    .after(WAITS)
    .answers("05 03 0000 01000000 a0"),
    fault(
        "call.none-for-messages",
        ToPeer,
        "00 00 {echo} 6869",
        &["00 00 {echo} 6869"],
    )
    .answers("00 02 0000 01000000 6869"),
    fault(
        "call.opener",
        ToPeer,
        "01 02 0000 02000000 34",
        &["01 02 0000 02000000 34"],
    )
    .answers("06 00 0100 82657265706c7904"),
    fault(
        "call.invalid-reply",
        FromPeer,
        "06 00 0100 83676661696c757265657265706c7960",
        &["06 00 0100 83676661696c75726568696e7465726e616c60"],
    ),
    fault(
        "failure.refused",
        ToPeer,
        "00 01 {refuse} 01000000 78",
        &["00 01 {refuse} 01000000 79"],
    ),
    fault(
        "failure.convert",
        ToPeer,
        "04 01 {echo} 03000000 8000",
        &["04 01 {echo} 03000000 80"],
    ),
    fault(
        "failure.shape",
        ToPeer,
        "01 05 {echo} 03000000 00000400 31",
        &["01 01 {echo} 03000000 31"],
    ),
    fault(
        "failure.busy",
        ToPeer,
        "08 05 {never} d1070000 01000000",
        &[],
    )
    .answers("05 03 0000 d1070000 a2656572726f7268696e7465726e616c676d657373616765626e6f"),
    fault(
        "failure.read",
        FromPeer,
        "06 00 0100 83676661696c757265 64 62757379 60",
        &["06 00 0100 83676661696c757265 68 696e7465726e616c 60"],
    ),
    fault(
        "failure.unknown-word",
        ToPeer,
        "05 03 0000 02000000 a2656572726f72726f66*",
        &["05 03 0000 02000000 a2656572726f7267636f6e76657274676d657373616765626e6f"],
    ),
    fault(
        "failure.unknown-keys",
        ToPeer,
        "05 03 0000 02000000 a4*",
        &[],
    ),
    fault(
        "stream.items",
        ToPeer,
        "01 05 {count} 01000000 00000400 30",
        &[],
    ),
    fault(
        "stream.credit",
        ToPeer,
        "08 08 0000 01000000 09000000",
        &["08 08 0000 01000000 00000400"],
    ),
    fault(
        "stream.below-zero",
        ToPeer,
        "08 08 0000 01000000 08000000",
        &["08 08 0000 01000000 09000000"],
    ),
    fault(
        "stream.no-credit",
        ToPeer,
        "01 05 {count} 01000000 00000000 31",
        &["01 05 {count} 01000000 01000000 31"],
    ),
    fault(
        "stream.cancel",
        ToPeer,
        "01 05 {count} 01000000 01000000 31303030",
        &["01 05 {count} 01000000 00000100 31303030"],
    ),
    fault("stream.opener", ToPeer, "01 06 0000 02000000 31", &[]).after(DO_STREAM),
    fault(
        "stream.opener-failure",
        ToPeer,
        "05 03 0000 02000000 a3*",
        &[],
    )
    .after(DO_STREAM),
    fault(
        "stream.opener-cancels",
        FromPeer,
        "08 04 0000 02000000",
        &[],
    ),
    fault("stream.grants", FromPeer, "08 08 0000 02000000 *", &[]),
    fault(
        "upload.items",
        ToPeer,
        "01 06 0000 01000000 33",
        &["01 06 0000 01000000 34"],
    ),
    fault("upload.failure", ToPeer, "05 03 0000 01000000 *", &[]).after("09 01 {sum} 01000000"),
    fault("upload.opener", FromPeer, "01 06 0000 02000000 33", &[]),
    fault(
        "upload.reply-ends-items",
        ToPeer,
        "08 08 0000 02000000 00000400",
        &[],
    )
    .after("01 02 0000 02000000 36")
    .answers("01 06 0000 02000000 32"),
    fault("upload.callee-cancels", ToPeer, "08 04 0000 02000000", &[]),
    fault("trace.read", ToPeer, "81 05 {count} *", &[]),
    fault(
        "trace.malformed",
        ToPeer,
        "80 01 {echo} 01000000 01 78 6869",
        &[],
    ),
    fault(
        "close.3001-on-trace-length",
        ToPeer,
        "80 01 {echo} 01000000 00 *",
        &[],
    ),
    fault("close.3001-on-trace-of-other-kind", ToPeer, "88 04 *", &[]),
    fault("pipe.refused", FromPeer, "05 03 0000 01000000 a3*", &[]),
    fault(
        "pipe.of-no-connection",
        ToPeer,
        "01 09 0000 01000000 00000100 3939*",
        &[],
    ),
    fault(
        "pipe.pieces",
        ToPeer,
        "07 0c 0000 01000000 ffff",
        &["07 0c 0000 01000000 ffff00"],
    ),
    fault("pipe.credit", ToPeer, "08 08 0000 02000000 00000100", &[]),
    fault(
        "pipe.close",
        ToPeer,
        "08 0d 0000 01000000 1f10 *",
        &["08 0d 0000 01000000 e803 *"],
    ),
    fault("pipe.close-early", ToPeer, "08 0d 0000 01000000 e803", &[]).after("01 09 *"),
    fault("pipe.lost", FromPeer, "08 0d 0000 02000000 ee03 *", &[]),
    fault(
        "contract.unknown",
        ToPeer,
        "05 0e 0000 a266736572766573*",
        &[],
    ),
    fault(
        "close.1000-on-invalid-map",
        ToPeer,
        "05 00 0000 '\"meta\"'",
        &[],
    ),
    fault("close.1003-on-contract", ToPeer, "05 0e 0000 80", &[]),
    fault("close.1003-on-invalid-data", ToPeer, "01 00 {echo} 78", &[]),
    fault(
        "close.1009-on-large-contract",
        ToPeer,
        "05 0e 0000 a1646d6f7265*",
        &[],
    ),
    fault(
        "close.3001-on-missing-fields",
        ToPeer,
        "01 01 {echo} 010000",
        &[],
    ),
    fault("close.3001-on-short-message", ToPeer, "0000", &[]),
    fault("close.3001-on-type-code-of-kind", ToPeer, "0a 01 *", &[]),
    fault("close.3001-on-unknown-kind", ToPeer, "08 10 *", &[]),
    fault(
        "close.3001-on-unknown-type-code",
        ToPeer,
        "0a 00 {echo} 31",
        &[],
    ),
    fault(
        "close.3002-on-call-of-unknown-route",
        ToPeer,
        "?? 01 fefe *",
        &[],
    ),
    fault("close.3002-on-unknown-route", ToPeer, "00 00 fefe *", &[]),
    fault(
        "close.3003-on-answer-from-the-opener",
        ToPeer,
        "01 02 0000 01000000 31",
        &[],
    ),
    fault(
        "close.3003-on-cancel-of-a-pipe",
        ToPeer,
        "08 04 0000 01000000",
        &[],
    )
    .after("01 09 *"),
    fault(
        "close.3003-on-early-message",
        ToPeer,
        "00 00 0100 6869",
        &[],
    ),
    fault(
        "close.3003-on-id-of-the-receiver",
        ToPeer,
        "01 01 {echo} 02000000 31",
        &[],
    ),
    fault(
        "close.3003-on-item-after-the-end",
        ToPeer,
        "01 06 0000 01000000 35",
        &[],
    ),
    fault(
        "close.3003-on-item-of-a-call",
        ToPeer,
        "01 06 0000 02000000 31",
        &[],
    )
    .after(DO_CALL),
    fault(
        "close.3003-on-item-of-no-stream",
        ToPeer,
        "01 06 0000 01000000 31",
        &[],
    )
    .after(WAITS),
    fault(
        "close.3003-on-item-without-credit",
        ToPeer,
        "01 06 0000 01000000 36",
        &[],
    ),
    fault(
        "close.3003-on-large-piece",
        ToPeer,
        "07 0c 0000 01000000 00000000*",
        &[],
    ),
    fault(
        "close.3003-on-long-reason",
        ToPeer,
        "08 0d 0000 01000000 e803 78*",
        &[],
    ),
    fault("close.3003-on-missed-from-a-client", ToPeer, "08 0f *", &[]),
    fault(
        "close.3003-on-missing-contract",
        ToPeer,
        "00 00 {echo} 78",
        &["05 0e 0000 a0"],
    ),
    fault(
        "close.3003-on-open-id",
        ToPeer,
        "01 05 {echo} 01000000 00000400 31",
        &[],
    )
    .after(WAITS),
    fault(
        "close.3003-on-piece-before-piped",
        ToPeer,
        "07 0c 0000 01000000 0102",
        &[],
    ),
    fault(
        "close.3003-on-piece-of-no-pipe",
        ToPeer,
        "07 0b 0000 01000000 00",
        &[],
    ),
    fault(
        "close.3003-on-piece-without-credit",
        ToPeer,
        "07 0b 0000 01000000 78*",
        &[],
    )
    .from(2),
    fault(
        "close.3003-on-piped-of-no-pipe",
        ToPeer,
        "08 0a 0000 02000000 01000000",
        &[],
    ),
    fault(
        "close.3003-on-reply-to-a-stream",
        ToPeer,
        "01 02 0000 02000000 30",
        &[],
    ),
    fault(
        "close.3003-on-second-contract",
        ToPeer,
        "05 0e 0000 a0",
        &[],
    )
    .from(2),
    fault(
        "close.3003-on-second-piped",
        ToPeer,
        "08 0a 0000 02000000 00000100",
        &[],
    )
    .from(2),
    fault(
        "close.3003-on-too-much-credit",
        ToPeer,
        "08 05 {never} 03000000 00000080",
        &[],
    ),
];

/// Those that leave other rules untried: each is tried alone.
pub(super) const ALONE: &[Fault] = &[
    fault(
        "contract.form",
        FromPeer,
        "05 0e 0000 *",
        &["05 0e 0000 a266736572766573016b7472616365706172656e74f5"],
    ),
    fault(
        "contract.routes",
        FromPeer,
        "05 0e 0000 *",
        &["05 0e 0000 a266736572766573a1646e6f7065a06b7472616365706172656e74f5"],
    ),
    fault("extension.contract-first", FromPeer, "05 0e 0000 *", &[]),
];

/// Those that show in what other rules need as well: only their rule is checked.
pub(super) const OF_ONE_RULE: &[Fault] = &[
    fault(
        "meta.of-the-connection",
        FromPeer,
        "00 00 0100 6869",
        &["00 00 0900 6869"],
    ),
    fault("extension.no-wait", ToPeer, "00 01 {echo} 01000000 *", &[]),
    fault(
        "trace.not-sent",
        FromPeer,
        "06 01 0200 02000000 820102",
        &["86 01 0200 02000000 01 78 820102"],
    ),
    fault(
        "pipe.opened",
        FromPeer,
        "08 0a 0000 01000000 *",
        &["08 0a 0000 01000000 00000000"],
    ),
];

/// Of a server that reads no traceparents.
pub(super) const WITHOUT_TRACES: &[Fault] =
    &[fault("trace.unannounced", ToPeer, "80 01 {echo} *", &[])];

/// Of a client.
pub(super) const OF_CLIENTS: &[Fault] = &[
    fault(
        "meta.answer",
        ToPeer,
        "05 00 0000 '{\"0\":\"meta\",\"7\":\"told\"'*",
        &[],
    ),
    fault(
        "pipe.accepted",
        FromPeer,
        "07 0c 0000 02000000 05000000*",
        &["07 0c 0000 02000000 05000100*"],
    ),
    fault(
        "pipe.served",
        FromPeer,
        "07 0c 0000 02000000 00020000 01000000 6869",
        &["07 0c 0000 02000000 00020000 03000000 6869"],
    ),
    fault(
        "pipe.ends-alone",
        FromPeer,
        "08 0d 0000 02000000 b90b*",
        &["08 0d 0000 02000000 e803*"],
    ),
    fault("missed.taken", ToPeer, "08 0f *", &["00"]),
];
