//! The data that the command line gives: literals, files, standard input.

use std::{path::Path, pin::Pin};

use futures_util::{Stream, StreamExt, stream};
use highway::{Bytes, Value, value::ParseValueError};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::{
    fs::File,
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader, stdin},
    sync::oneshot,
};

use crate::{failure::Failure, output::Output};

/// A block of a file and what goes with it fit into one piece of a message.
const BLOCK: usize = 60 * 1024;

/// What a message, a call or a stream carries.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DataArguments {
    /// The data: 1, 1.0, '"text"', 'b"\x00"', true, none, '[1, 2]', '(1, "a")', '{"a": 1}'; several are a tuple, and none is none;
    /// @FILE is the bytes of a file, and @- those of standard input
    #[arg(value_name = "DATA", allow_negative_numbers = true)]
    data: Vec<String>,
    /// Take DATA as text, as it is
    #[arg(long, short = 't', conflicts_with = "read")]
    text: bool,
    /// What files and standard input are read as [default: bytes]
    #[arg(long = "as", value_enum, value_name = "FORM")]
    read: Option<Form>,
    /// Send a stream: each DATA is an item; a file goes in blocks of 60 KiB, or with another form than bytes line by line
    #[arg(long)]
    items: bool,
}

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// Bytes as they are
    Bytes,
    /// Text (UTF-8)
    Text,
    /// A literal, as on the command line
    Literal,
    /// JSON
    Json,
}

impl Form {
    fn value(self, bytes: Vec<u8>) -> Result<Value, String> {
        if self == Self::Bytes {
            return Ok(Value::Bytes(bytes.into()));
        }
        let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
        match self {
            Self::Bytes | Self::Text => Ok(Value::Str(text)),
            Self::Literal => text.parse().map_err(|error| format!("{error}")),
            Self::Json => match serde_json::from_str::<serde_json::Value>(&text) {
                Ok(value) => Ok(value.into()),
                Err(error) => Err(error.to_string()),
            },
        }
    }
}

/// What a file or an argument gives.
type Source = Pin<Box<dyn Stream<Item = Result<Value, Failure>> + Send>>;

/// Items, and what tells that they can't be read to the end.
pub(crate) struct Items {
    pub(crate) values: Pin<Box<dyn Stream<Item = Value> + Send>>,
    pub(crate) failed: oneshot::Receiver<Failure>,
    /// How far they are, for files.
    pub(crate) progress: ProgressBar,
}

impl DataArguments {
    /// Whether the data is a stream.
    pub(crate) fn is_stream(&self) -> bool {
        self.items
    }

    /// What files are read as.
    fn form(&self) -> Result<Form, Failure> {
        if self.read.is_some() && !self.data.iter().any(|data| data.starts_with('@')) {
            return Err(Failure::usage("--as is for @FILE and @-: no DATA is one"));
        }
        Ok(self.read.unwrap_or(Form::Bytes))
    }

    /// The data as one value.
    pub(crate) async fn value(&self) -> Result<Value, Failure> {
        let form = self.form()?;
        let mut values = Vec::with_capacity(self.data.len());
        for data in &self.data {
            values.push(self.one(data, form).await?);
        }
        Ok(match values.len() {
            0 => Value::None,
            1 => values.remove(0),
            _ => Value::Tuple(values),
        })
    }

    /// The data as items, which are read as they are asked for.
    pub(crate) async fn items(&self, output: &Output) -> Result<Items, Failure> {
        let form = self.form()?;
        let mut sources: Vec<Source> = Vec::new();
        let mut total = 0_u64;
        for data in &self.data {
            match self.path(data) {
                Some("-") => sources.push(pieces("standard input", stdin(), form)),
                Some(path) => {
                    let file = open(path).await?;
                    let length = file
                        .metadata()
                        .await
                        .map_err(|error| unread(path, &error))?;
                    total = total.saturating_add(length.len());
                    sources.push(pieces(path, file, form));
                }
                None => {
                    let value = self.one(data, form).await?;
                    sources.push(Box::pin(stream::iter([Ok(value)])));
                }
            }
        }
        let progress = output.progress(total, bytes_style());
        let (fail, failed) = oneshot::channel();
        let counted = progress.clone();
        let mut fail = Some(fail);
        let items = stream::iter(sources).flatten().filter_map(move |item| {
            let item = match item {
                Ok(item) => {
                    counted.inc(length_of(&item));
                    Some(item)
                }
                Err(failure) => {
                    if let Some(fail) = fail.take() {
                        // Whoever waits for it has ended already.
                        let _ = fail.send(failure);
                    }
                    None
                }
            };
            let is_over = item.is_none();
            async move {
                if is_over {
                    // An end would tell the peer that this is all.
                    std::future::pending::<()>().await;
                }
                item
            }
        });
        Ok(Items {
            values: Box::pin(items),
            failed,
            progress,
        })
    }

    /// The path that an argument names.
    fn path<'a>(&self, data: &'a str) -> Option<&'a str> {
        data.strip_prefix('@').filter(|_| !self.text)
    }

    async fn one(&self, data: &str, form: Form) -> Result<Value, Failure> {
        if self.text {
            return Ok(Value::Str(data.to_owned()));
        }
        match self.path(data) {
            Some(path) => {
                let bytes = match path {
                    "-" => whole(path, stdin()).await?,
                    _ => whole(path, open(path).await?).await?,
                };
                let value = form.value(bytes);
                value.map_err(|error| Failure::usage(format!("{path}: {error}")))
            }
            None => literal(data),
        }
    }
}

/// Reads a literal.
pub(crate) fn literal(text: &str) -> Result<Value, Failure> {
    text.parse().map_err(|error: ParseValueError| {
        let mut message = format!("`{text}`: {error}");
        if message.contains("is no value") {
            message.push_str(
                "; a shell takes the outer quotes away, so write '\"…\"', or --text for all data as it stands",
            );
        }
        Failure::usage(message)
    })
}

/// The most bytes of a file that goes as one value.
const LARGEST: u64 = 256 * 1024 * 1024;

/// All of a file.
async fn whole(path: &str, file: impl AsyncRead + Unpin) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes).await;
    read.map_err(|error| unread(path, &error))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(Failure::usage(format!(
            "`{path}` has more than 256 MiB: with --items it goes in blocks"
        )));
    }
    Ok(bytes)
}

async fn open(path: &str) -> Result<File, Failure> {
    File::open(Path::new(path))
        .await
        .map_err(|error| unread(path, &error))
}

fn unread(path: &str, error: &std::io::Error) -> Failure {
    Failure::usage(format!("can't read `{path}`: {error}"))
}

/// Blocks of a file, or its lines.
fn pieces(name: &str, file: impl AsyncRead + Send + Unpin + 'static, form: Form) -> Source {
    let name = name.to_owned();
    let reader = BufReader::with_capacity(BLOCK, file);
    Box::pin(stream::try_unfold(
        (reader, name, 0_u64),
        move |(mut reader, name, line)| async move {
            let read = if form == Form::Bytes {
                block(&mut reader).await
            } else {
                one_line(&mut reader).await
            };
            let Some(piece) = read.map_err(|error| unread(&name, &error))? else {
                return Ok(None);
            };
            let line = line + 1;
            let value = form
                .value(piece)
                .map_err(|error| Failure::usage(format!("{name}, line {line}: {error}")))?;
            Ok(Some((value, (reader, name, line))))
        },
    ))
}

async fn block(reader: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut block = Vec::with_capacity(BLOCK);
    let limit = u64::try_from(BLOCK).unwrap_or(u64::MAX);
    reader.take(limit).read_to_end(&mut block).await?;
    Ok((!block.is_empty()).then_some(block))
}

async fn one_line(
    reader: &mut BufReader<impl AsyncRead + Unpin>,
) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if reader.read_until(b'\n', &mut line).await? == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(line))
}

fn length_of(value: &Value) -> u64 {
    let length = match value {
        Value::Bytes(bytes) => Bytes::len(bytes),
        Value::Str(text) => text.len().saturating_add(1),
        _ => 0,
    };
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn bytes_style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
