//! The examples for browsers, as people use them.

use highway_tests::{Browser, Outcome, Trial, trials, within_deadline};

use crate::mounted::{example, run_example};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        pages_share_a_board_and_come_back,
        answer_stops_when_the_page_leaves_it,
    ]
}

fn pages_share_a_board_and_come_back() -> Outcome {
    const CLICK: &str = "document.getElementById('status').className === 'open' \
         && document.getElementById('people').childElementCount === 2 \
         && (document.getElementById('board').dispatchEvent(new MouseEvent('click', { clientX: 400, clientY: 300 })), true)";
    const WRITE: &str = "document.querySelector('.card p') \
         && (document.querySelector('.card p').textContent = 'hello', \
             document.querySelector('.card p').dispatchEvent(new Event('input')), true)";
    const SHOWN: &str = "document.querySelectorAll('.card').length === 1 \
         && document.querySelector('.card p').textContent === 'hello' \
         && document.querySelector('.card').style.translate === '315px 280px'";
    const OPEN: &str = "document.getElementById('status').className === 'open'";

    let browser = Browser::find()?;
    let example = example("board");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("board.json");
    let file = file.to_str().expect("a path is text");
    within_deadline(async {
        let (app, url) = run_example(&example, &["--bind", "127.0.0.1:0", "--file", file]).await;
        let (mut first, mut second) = (browser.visit(&url), browser.visit(&url));
        first.wait_for(CLICK).await;
        second.wait_for(WRITE).await;
        first.wait_for(SHOWN).await;
        second.wait_for(SHOWN).await;
        second
            .wait_for("document.dispatchEvent(new Event('x')), document.getElementById('board').dispatchEvent(new PointerEvent('pointermove', { clientX: 30, clientY: 40 })), true")
            .await;
        first
            .wait_for(
                "document.querySelector('.pointer').style.transform === 'translate(30px, 40px)'",
            )
            .await;

        drop(app);
        for page in [&mut first, &mut second] {
            page.wait_for("document.getElementById('status').className === 'reconnecting'")
                .await;
        }
        let address = url.strip_prefix("http://").expect("it is a URL");
        let (_app, _) = run_example(&example, &["--bind", address, "--file", file]).await;
        for page in [&mut first, &mut second] {
            page.wait_for(OPEN).await;
            page.wait_for("document.getElementById('people').childElementCount === 2")
                .await;
            page.wait_for(SHOWN).await;
        }
        first
            .wait_for("document.querySelector('.card button').click(), true")
            .await;
        second
            .wait_for("document.querySelectorAll('.card').length === 0")
            .await;
    });
    Ok(())
}

fn answer_stops_when_the_page_leaves_it() -> Outcome {
    let browser = Browser::find()?;
    let example = example("tokens");
    within_deadline(async {
        let (_app, url) = run_example(&example, &["--bind", "127.0.0.1:0"]).await;
        let mut page = browser.visit(&url);
        page.wait_for(
            "document.getElementById('form').onsubmit && (document.getElementById('form').requestSubmit(), true)",
        )
        .await;
        page.wait_for("document.getElementById('answer').textContent.includes('A stream is')")
            .await;
        page.wait_for(
            "document.getElementById('running').textContent === '1 answers are under way at the server.' \
             && (document.getElementById('stop').click(), true)",
        )
        .await;
        page.wait_for(
            "document.getElementById('running').textContent === '0 answers are under way at the server.'",
        )
        .await;
    });
    Ok(())
}
