//! Why a call, a stream or a pipe failed, in one word.

/// The word that a failure carries as its `error`. A peer may send others, which mean no more than
/// [`Internal`](Self::Internal).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureWord {
    /// The program's own error.
    Refused,
    /// The data can't be converted to what the route takes.
    Convert,
    /// A stream where a value was expected, or the other way round.
    Shape,
    /// Too many streams and pipes are open.
    Busy,
    /// The route gave no answer.
    Cancelled,
    /// The pipe leads nowhere.
    Pipe,
    /// The route is at fault; its side logs how.
    Internal,
}

impl FailureWord {
    const ALL: [Self; 7] = [
        Self::Refused,
        Self::Convert,
        Self::Shape,
        Self::Busy,
        Self::Cancelled,
        Self::Pipe,
        Self::Internal,
    ];

    /// The word as it goes over the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Convert => "convert",
            Self::Shape => "shape",
            Self::Busy => "busy",
            Self::Cancelled => "cancelled",
            Self::Pipe => "pipe",
            Self::Internal => "internal",
        }
    }

    /// What a word that came means.
    pub(crate) fn read(word: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|known| known.as_str() == word)
            .unwrap_or(Self::Internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_and_unknown_ones_blame_the_route() {
        for word in FailureWord::ALL {
            assert_eq!(FailureWord::read(word.as_str()), word);
        }
        assert_eq!(FailureWord::read("Busy"), FailureWord::Internal);
        assert_eq!(FailureWord::read(""), FailureWord::Internal);
    }
}
