//! The ratios as a picture: a panel for each scenario, a bar for each peer.

use std::fmt::Display;
use std::io::{Error, Result};
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Legible on white as well as on black, which a page in dark mode has behind a picture without a background.
const INK: RGBColor = RGBColor(0x76, 0x7c, 0x84);

/// The frame that a bar is compared with.
const LINE: RGBColor = RGBColor(0x9a, 0xa0, 0xa8);

/// What a bar stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// highway as it is.
    Highway,
    /// highway as it was.
    Before,
    /// What the ratios are taken to, and all others.
    Other,
}

impl Kind {
    fn color(self) -> RGBColor {
        match self {
            Self::Highway => RGBColor(0xe0, 0x6c, 0x1f),
            Self::Before => RGBColor(0xc9, 0x9a, 0x6b),
            Self::Other => RGBColor(0x6b, 0x8f, 0xb5),
        }
    }
}

/// One bar.
#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// How long it is; without, the text alone is there.
    pub(crate) value: Option<f64>,
    pub(crate) text: String,
}

/// One scenario.
#[derive(Debug)]
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) bars: Vec<Bar>,
}

const COLUMNS: usize = 3;
const WIDTH: i32 = 330;
const ROW: i32 = 17;
const HEAD: i32 = 44;
const GAP: i32 = 14;
const NAMES: i32 = 104;
const TEXTS: i32 = 46;

/// Writes the panels into a file.
pub(crate) fn draw(title: &str, panels: &[Panel], path: &Path) -> Result<()> {
    let rows: Vec<_> = panels.chunks(COLUMNS).collect();
    let heights: Vec<_> = rows
        .iter()
        .map(|row| {
            let bars = row.iter().map(|panel| panel.bars.len()).max().unwrap_or(0);
            HEAD + ROW * count(bars) + GAP
        })
        .collect();
    let size = (WIDTH * count(COLUMNS), HEAD + heights.iter().sum::<i32>());
    let mut picture = String::new();
    {
        let size = (size.0.unsigned_abs(), size.1.unsigned_abs());
        let area = SVGBackend::with_string(&mut picture, size).into_drawing_area();
        text(&area, title, (8, 12), 17, HPos::Left)?;
        let mut y = HEAD;
        for (row, height) in rows.iter().zip(heights) {
            for (column, panel) in row.iter().enumerate() {
                draw_panel(&area, panel, (WIDTH * count(column), y))?;
            }
            y += height;
        }
        area.present().map_err(failed)?;
    }
    std::fs::write(path, picture)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn draw_panel(area: &Area<'_>, panel: &Panel, (left, top): (i32, i32)) -> Result<()> {
    text(area, &panel.title, (left + 8, top), 14, HPos::Left)?;
    text(area, &panel.subtitle, (left + 8, top + 18), 11, HPos::Left)?;
    let longest = panel.bars.iter().filter_map(|bar| bar.value);
    let longest = longest.fold(f64::MIN_POSITIVE, f64::max);
    let (from, room) = (left + NAMES, WIDTH - NAMES - TEXTS);
    for (number, bar) in panel.bars.iter().enumerate() {
        let y = top + HEAD - 6 + ROW * count(number);
        text(area, &bar.name, (from - 6, y), 12, HPos::Right)?;
        let length = pixels(bar.value.unwrap_or(0.0) / longest * f64::from(room));
        if bar.value.is_some() {
            let corners = [(from, y), (from + length.max(1), y + ROW - 4)];
            let style = bar.kind.color().filled();
            area.draw(&Rectangle::new(corners, style)).map_err(failed)?;
        }
        text(area, &bar.text, (from + length + 5, y), 12, HPos::Left)?;
    }
    let bottom = top + HEAD - 6 + ROW * count(panel.bars.len());
    let line = PathElement::new([(from, top + HEAD - 8), (from, bottom - 2)], LINE);
    area.draw(&line).map_err(failed)
}

fn text(area: &Area<'_>, text: &str, at: (i32, i32), size: u32, from: HPos) -> Result<()> {
    let style = TextStyle::from(("sans-serif", size).into_font())
        .color(&INK)
        .pos(Pos::new(from, VPos::Top));
    area.draw(&Text::new(text.to_owned(), at, style))
        .map_err(failed)
}

fn failed(error: impl Display) -> Error {
    Error::other(error.to_string())
}

fn count(things: usize) -> i32 {
    i32::try_from(things).unwrap_or(i32::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a bar is shorter than its panel"
)]
fn pixels(length: f64) -> i32 {
    length.round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picture_has_all_names_and_the_longest_bar_fills_its_room() {
        let bar = |name: &str, kind, value: Option<f64>| Bar {
            name: name.to_owned(),
            kind,
            value,
            text: value.map_or_else(|| "no TLS".to_owned(), |value| format!("{value:.2}")),
        };
        let panel = Panel {
            title: "pipe16".to_owned(),
            subtitle: "16 B & more".to_owned(),
            bars: vec![
                bar("highway", Kind::Highway, Some(1.5)),
                bar("other", Kind::Other, Some(3.0)),
                bar("third", Kind::Other, None),
            ],
        };
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("chart.svg");
        draw("Ratios", &[panel], &path).expect("it can be drawn");
        let picture = std::fs::read_to_string(&path).expect("it is there");
        for part in [
            "Ratios",
            "pipe16",
            "16 B &amp; more",
            "highway",
            "1.50",
            "no TLS",
        ] {
            assert!(picture.contains(part), "{part} in {picture}");
        }
        let room = WIDTH - NAMES - TEXTS;
        for width in [room, room / 2] {
            assert!(picture.contains(&format!("width=\"{width}\"")), "{picture}");
        }
        assert_eq!(picture.matches("<rect").count(), 2);
        // No background: the page's own is there, light or dark.
        assert!(!picture.to_lowercase().contains("#ffffff"));
    }
}
