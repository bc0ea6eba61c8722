//! The inspector in a browser, over the chat of the examples.

use highway::{Connection, route};
use highway_tests::{Browser, OpenPage, Outcome, Trial, trials, within_deadline};
use tokio::sync::mpsc;

use crate::mounted::{example, run_example};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        messages_of_a_connection_are_shown_while_people_chat,
        routes_are_called_through_their_forms,
        page_is_there_for_keys_and_screen_readers,
        forms_and_literals_make_values_of_their_types,
    ]
}

/// Somebody who chats.
#[highway::client(state = mpsc::UnboundedSender<String>)]
struct Guest;

#[derive(serde::Deserialize)]
struct Line {
    from: String,
    text: String,
}

#[route("said")]
async fn said(line: Line, guest: &mut Guest) {
    // Where nobody waits for it any more, it is not needed.
    let _ = guest.state().send(format!("{}: {}", line.from, line.text));
}

#[route("left", on = Guest)]
async fn left(name: String) {
    drop(name);
}

#[route("earlier", on = Guest)]
async fn earlier(lines: highway::Value) {
    drop(lines);
}

#[route("joined", on = Guest)]
async fn joined(name: String) {
    drop(name);
}

#[route("renamed", on = Guest)]
async fn renamed(names: (String, String)) {
    drop(names);
}

/// The chat with its inspector, and two people who are in it, with what they hear.
struct Chat {
    _server: tokio::process::Child,
    page: String,
    ada: Connection<Guest>,
    _bob: Connection<Guest>,
    heard: mpsc::UnboundedReceiver<String>,
}

impl Chat {
    async fn start() -> Self {
        let server = example("chat_server");
        let (server, url) = run_example(&server, &["--bind", "127.0.0.1:0", "--inspect"]).await;
        let (sender, heard) = mpsc::unbounded_channel();
        let guest = async |name: &str| {
            let guest = Guest::client().state(sender.clone()).connect(&url).await;
            let guest = guest.expect("it is let in");
            let _: Vec<String> = guest.call("join", "lobby").await.expect("it is let in");
            let free: bool = guest
                .call("change-name", name)
                .await
                .expect("it is answered");
            assert!(free);
            guest
        };
        let (ada, bob) = (guest("ada").await, guest("bob").await);
        Self {
            _server: server,
            page: format!("{}/inspect", url.replacen("ws", "http", 1)),
            ada,
            _bob: bob,
            heard,
        }
    }

    async fn say(&self, text: &str) {
        let said = self.ada.call::<_, _, ()>("say", text).await;
        said.expect("it is said");
    }
}

/// That the messages have one with all these words.
fn shows(words: &str) -> String {
    let words =
        serde_json::to_string(&words.split(' ').collect::<Vec<_>>()).expect("they are text");
    format!(
        "[...document.querySelectorAll('#messages tr')].some((row) => {words}.every((word) => row.textContent.includes(word)))"
    )
}

fn messages_of_a_connection_are_shown_while_people_chat() -> Outcome {
    const WATCHES: &str = "document.getElementById('status').className === 'open' \
        && document.querySelectorAll('#rows tr').length === 2 \
        && document.querySelector('#rows').textContent.includes('lobby')";
    const TRIPS: &str = "[...document.querySelectorAll('#rows tr')].every((row) => / (µs|ms|s)$/.test(row.textContent))";
    const SECOND: &str = "document.querySelectorAll('#rows button')[1].click(), true";
    const DETAIL: &str = "document.getElementById('facts').textContent.includes('said') \
        && document.querySelector('#rows tr.chosen button').textContent \
           === document.getElementById('detail-title').textContent.split(' ')[1]";
    const FILTERED: &str = "document.getElementById('filter').value = 'no such text', \
        document.getElementById('filter').dispatchEvent(new Event('input')), \
        [...document.querySelectorAll('#messages tr')].every((row) => row.hidden)";

    let browser = Browser::find()?;
    within_deadline(async {
        let chat = Chat::start().await;
        let mut page = browser.visit(&chat.page);
        page.wait_for(WATCHES).await;
        page.wait_for(TRIPS).await;
        talk(&chat, &mut page, "→ call say hello").await;
        page.wait_for(&shows(
            "← message said {\"from\": \"ada\", \"text\": \"hello\"}",
        ))
        .await;
        page.wait_for(&shows("← reply say none")).await;

        // Of the second connection only: it hears, and says nothing.
        page.wait_for(SECOND).await;
        page.wait_for(DETAIL).await;
        talk(&chat, &mut page, "← message said hello").await;
        page.wait_for(&format!("!({})", shows("say hello"))).await;
        page.wait_for(FILTERED).await;

        // With no page there is nothing to be seen, and the chat goes on.
        drop(page);
        chat.say("alone").await;
    });
    Ok(())
}

/// Says hello until the page shows it.
async fn talk(chat: &Chat, page: &mut OpenPage, words: &str) {
    let mut again = tokio::time::interval(std::time::Duration::from_millis(200));
    let words = shows(words);
    let talking = async {
        loop {
            again.tick().await;
            chat.say("hello").await;
        }
    };
    tokio::select! {
        () = talking => {}
        () = page.wait_for(&words) => {}
    }
}

/// Chooses a route, fills in the texts of its form, and submits it.
async fn submit(page: &mut OpenPage, route: &str, texts: &[&str]) {
    let choose = format!(
        "document.getElementById('tab-routes').click(), \
         [...document.querySelectorAll('#route-list button')].find((button) => button.textContent === '{route}').click(), true"
    );
    page.wait_for(&choose).await;
    let texts = serde_json::to_string(texts).expect("they are text");
    let submit = format!(
        "document.querySelectorAll('#route-detail textarea').length === {texts}.length \
         && (document.querySelectorAll('#route-detail textarea').forEach((area, index) => {{ area.value = {texts}[index]; }}), \
             document.querySelector('#route-detail button[type=submit]').click(), true)"
    );
    page.wait_for(&submit).await;
}

fn routes_are_called_through_their_forms() -> Outcome {
    const READY: &str = "document.querySelectorAll('#rows tr').length === 2 \
        && document.querySelectorAll('#route-list button').length > 4";
    const FIRST: &str = "document.querySelector('#rows button').click(), true";

    let answers = |text: &str| {
        let text = serde_json::to_string(text).expect("it is text");
        format!("document.querySelector('#route-detail .answer').textContent === {text}")
    };
    let browser = Browser::find()?;
    within_deadline(async {
        let mut chat = Chat::start().await;
        let mut page = browser.visit(&chat.page);
        page.wait_for(READY).await;

        // The server's, as a client of its own.
        submit(&mut page, "join", &["lobby"]).await;
        page.wait_for(
            "document.querySelector('#route-detail .docs').textContent.startsWith('Enters a room')",
        )
        .await;
        page.wait_for("document.querySelector('#route-detail .answer').textContent.startsWith('[\"ada\", \"bob\", ')").await;
        submit(&mut page, "say", &["hello, all"]).await;
        let heard = chat.heard.recv().await.expect("they are there");
        assert!(heard.ends_with(": hello, all"), "{heard}");
        submit(&mut page, "change-name", &["x".repeat(1000).as_str()]).await;
        page.wait_for(
            "document.querySelector('#route-detail .bad').textContent.includes('characters')",
        )
        .await;

        // A connection's.
        page.wait_for(FIRST).await;
        submit(&mut page, "left", &["eve"]).await;
        page.wait_for(&answers("none")).await;
        submit(&mut page, "said", &["the inspector", "to you only"]).await;
        loop {
            let heard = chat.heard.recv().await.expect("they are there");
            if heard == "the inspector: to you only" {
                break;
            }
        }
    });
    Ok(())
}

fn page_is_there_for_keys_and_screen_readers() -> Outcome {
    const NAMED: &str = "document.querySelectorAll('#rows tr').length === 2 \
        && [...document.querySelectorAll('input, select, textarea')].every((one) => one.labels.length > 0 || one.ariaLabel) \
        && [...document.querySelectorAll('button')].every((one) => one.textContent.trim() !== '' || one.ariaLabel) \
        && [...document.querySelectorAll('svg')].every((one) => one.role === 'img' && one.ariaLabel) \
        && document.querySelectorAll('main, header, h1').length === 3 && document.documentElement.lang === 'en'";
    // What changes all the time is not read out.
    const QUIET: &str = "[...document.querySelectorAll('[role=status], [role=alert], [role=log], [aria-live]')] \
        .every((one) => !one.contains(document.getElementById('rows')) && !one.contains(document.getElementById('messages')))";
    const ARROW: &str = "document.getElementById('tab-traffic').focus(), \
        document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true })), \
        document.activeElement.id === 'tab-routes' && document.activeElement.ariaSelected === 'true' \
        && !document.getElementById('routes').hidden && document.getElementById('traffic').hidden";
    // The focus stays while the rows are filled anew.
    const FOCUS: &str = "document.querySelector('#rows button').focus(), (window.focused = document.activeElement), \
        (window.calls = document.querySelector('#rows').textContent), true";
    const STAYS: &str = "document.querySelector('#rows').textContent !== window.calls && document.activeElement === window.focused";
    const WIDE: &str =
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth";

    let browser = Browser::find()?;
    within_deadline(async {
        let chat = Chat::start().await;
        let mut page = browser.visit(&chat.page);
        for expression in [NAMED, QUIET, WIDE, ARROW, FOCUS, STAYS] {
            page.wait_for(expression).await;
        }
        submit(&mut page, "said", &["a", "b"]).await;
        page.wait_for(NAMED).await;
    });
    Ok(())
}

fn forms_and_literals_make_values_of_their_types() -> Outcome {
    const LOAD: &str = "window.loading ??= Promise.all(['literal', 'form', 'highway'].map((name) => import(new URL(`inspect/${name}.js`, location.href)))) \
        .then(([literal, form, highway]) => Object.assign(window, { literal, form, highway })), window.form";
    // Each is written as it was read.
    const SAME: &str = r#"['none', 'true', '7', '-7', '7.0', '2.5', '1e+300', 'nan', '-inf', '9007199254740993', '"a\\n\\"ä"', 'b"\\x00a\\\\"', '()', '(1,)',
        '(1, "a", none)', '[]', '[1, [2.0]]', '{"a": 1, "7": (2, 3)}', '{1: "a", -2: "b"}'].every((text) => literal.show(literal.parse(text)) === text)
        && literal.show(literal.parse(" {'a' : (1), \"\\u{e4}\":[1_000,],} ")) === '{"a": 1, "ä": [1000]}'
        && ['', 'x', '(1', '"a', '[1 2]', '{1: 2, "a": 3}', '{[]: 1}', 'b"ä"', '1 2', '"\\q"'].every((text) => {
            try { return literal.parse(text), false; } catch (error) { return error instanceof SyntaxError; } })"#;
    // Fills the controls of a type with texts, a bool for a checkbox, and gives the value as a literal, or what is wrong.
    const FILL: &str = "window.fill = (type, given, types = {}) => { \
            const { element, value } = form.control(type, types, 'data'); \
            for (const one of given) { \
                const free = [...(element?.querySelectorAll('input, textarea, select') ?? [])].find((one) => !one.filled); \
                free.filled = true; \
                if (free.type === 'checkbox') free.checked = one; else free.value = one; \
                free.dispatchEvent(new Event('change')); \
            } \
            try { return literal.show(value()); } catch (error) { return `${error.constructor.name}: ${error.message}`; } }";
    const VALUES: &str = r#"[
        ['none', [], 'none'], ['bool', [true], 'true'], ['str', ['a "b"'], '"a \\"b\\""'], ['float', ['1'], '1.0'], ['float', ['nan'], 'nan'],
        ['u8', ['255'], '255'], ['u8', ['256'], 'Invalid: data: does not fit u8'], ['i8', ['-129'], 'Invalid: data: does not fit i8'],
        ['u64', ['18446744073709551615'], '18446744073709551615'], ['int', ['1.5'], 'Invalid: data: expected a whole number'],
        ['bytes', ['a\\x00"'], 'b"a\\x00\\""'], ['any', ['(1, [2.0])'], '(1, [2.0])'], ['any', [''], 'none'],
        [{ tuple: ['i64', 'str'] }, ['1', 'a'], '(1, "a")'],
        [{ option: 'u8' }, [false], 'none'], [{ option: 'u8' }, [true, '7'], '7'],
        [{ list: 'str' }, [], '[]'],
        [{ type: 'Line' }, ['ada', true, '3'], '{"from": "ada", "at": 3}', 'types'], [{ type: 'Line' }, ['ada', false], '{"from": "ada"}', 'types'],
        [{ type: 'Move' }, ['Pass'], '"Pass"', 'types'], [{ type: 'Move' }, ['Play', '4'], '{"Play": 4}', 'types'],
        ].every(([type, given, expected, named]) => fill(type, given, named && {
            Line: { struct: { name: 'Line', fields: [{ name: 'from', type: 'str', required: true }, { name: 'at', type: 'i32', required: false }] } },
            Move: { enum: { name: 'Move', variants: [{ name: 'Pass' }, { name: 'Play', type: 'u8' }] } },
        }) === expected || console.error(type, fill(type, given)))"#;

    let browser = Browser::find()?;
    within_deadline(async {
        let chat = Chat::start().await;
        let mut page = browser.visit(&chat.page);
        for expression in [LOAD, SAME, FILL, VALUES] {
            page.wait_for(expression).await;
        }
    });
    Ok(())
}
