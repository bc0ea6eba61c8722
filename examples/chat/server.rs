//! A chat: calls, rooms, and state that all connections share, which tells newcomers what was said before.
//!
//! ```sh
//! cargo run --example chat_server
//! cargo run --example chat_client    # in other terminals
//! ```

mod protocol;

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use highway::{Failure, route};
use protocol::{Line, client, server};

/// How many lines of a room newcomers are told.
const HISTORY: usize = 100;
/// In characters, so that the history stays well within what a client takes as one message.
const LONGEST_TEXT: usize = 1000;
/// In characters, of a person and of a room.
const LONGEST_NAME: usize = 32;

/// What all connections share. Everyone is in one room, and has a name that nobody else has.
#[derive(Default)]
pub(crate) struct House {
    names: HashSet<String>,
    guests: u64,
    /// Those that somebody is in.
    rooms: HashMap<String, Room>,
}

#[derive(Default)]
struct Room {
    names: BTreeSet<String>,
    lines: VecDeque<Line>,
}

impl House {
    fn name_guest(&mut self) -> String {
        loop {
            self.guests += 1;
            let name = format!("guest{}", self.guests);
            if self.names.insert(name.clone()) {
                return name;
            }
        }
    }

    /// Gives back what was said there.
    fn enter(&mut self, room: &str, name: &str) -> &[Line] {
        let room = self.rooms.entry(room.to_owned()).or_default();
        room.names.insert(name.to_owned());
        room.lines.make_contiguous()
    }

    /// A room that is empty is forgotten, with all that was said there.
    fn leave(&mut self, room: &str, name: &str) {
        if let Some(left) = self.rooms.get_mut(room) {
            left.names.remove(name);
            if left.names.is_empty() {
                self.rooms.remove(room);
            }
        }
    }

    fn names(&self, room: &str) -> Vec<String> {
        self.rooms
            .get(room)
            .map(|room| room.names.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// False when somebody else has the new name.
    fn rename(&mut self, room: &str, old: &str, new: &str) -> bool {
        if !self.names.insert(new.to_owned()) {
            return false;
        }
        self.names.remove(old);
        if let Some(room) = self.rooms.get_mut(room) {
            room.names.remove(old);
            room.names.insert(new.to_owned());
        }
        true
    }

    fn keep(&mut self, room: &str, line: &Line) {
        if let Some(room) = self.rooms.get_mut(room) {
            if room.lines.len() == HISTORY {
                room.lines.pop_front();
            }
            room.lines.push_back(line.clone());
        }
    }
}

#[highway::server(main, state = Mutex<House>, serves = server, peer = client)]
pub(crate) struct Chat {
    name: String,
    #[default("lobby".into())]
    room: String,
}

impl Chat {
    fn house(&self) -> MutexGuard<'_, House> {
        self.state().lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn enter(&mut self) -> highway::Result {
        let (earlier, joined) = {
            // As long as it is locked nobody says anything: a line is either in the history or comes behind it.
            let mut house = self.house();
            self.join(&self.room)?;
            let others = self.to(&self.room).except(self.id());
            (
                self.send(client::earlier, house.enter(&self.room, &self.name)),
                others.send(client::joined, &self.name),
            )
        };
        earlier.await?;
        joined.await
    }

    async fn go(&mut self) -> highway::Result {
        self.house().leave(&self.room, &self.name);
        self.leave(&self.room);
        self.to(&self.room).send(client::left, &self.name).await
    }
}

#[highway::on(ready)]
async fn arrive(chat: &mut Chat) -> highway::Result {
    let name = chat.house().name_guest();
    chat.name = name;
    chat.enter().await
}

#[highway::on(close)]
async fn depart(chat: &mut Chat) -> highway::Result {
    chat.house().names.remove(&chat.name);
    chat.go().await
}

#[route(server::join)]
async fn join(room: String, chat: &mut Chat) -> Result<Vec<String>, Failure> {
    check("the name of a room", &room, LONGEST_NAME)?;
    if room != chat.room {
        chat.go().await?;
        chat.room = room;
        chat.enter().await?;
    }
    Ok(chat.house().names(&chat.room))
}

#[route(server::say)]
async fn say(text: String, chat: &mut Chat) -> Result<(), Failure> {
    check("a text", &text, LONGEST_TEXT)?;
    let line = Line {
        from: chat.name.clone(),
        text,
    };
    let said = {
        let mut house = chat.house();
        house.keep(&chat.room, &line);
        let others = chat.to(&chat.room).except(chat.id());
        others.send(client::said, &line)
    };
    Ok(said.await?)
}

#[route(server::change_name)]
async fn change_name(name: String, chat: &mut Chat) -> Result<bool, Failure> {
    check("a name", &name, LONGEST_NAME)?;
    if name == chat.name {
        return Ok(true);
    }
    if !chat.house().rename(&chat.room, &chat.name, &name) {
        return Ok(false);
    }
    let old = std::mem::replace(&mut chat.name, name);
    let others = chat.to(&chat.room).except(chat.id());
    others
        .send(client::renamed, (old, chat.name.clone()))
        .await?;
    Ok(true)
}

#[route(server::who)]
async fn who((): (), chat: &mut Chat) -> Vec<String> {
    chat.house().names(&chat.room)
}

fn check(what: &str, text: &str, longest: usize) -> Result<(), Failure> {
    if text.trim().is_empty() || text.chars().count() > longest {
        return Err(Failure::new(format!(
            "{what} has 1 to {longest} characters"
        )));
    }
    Ok(())
}
