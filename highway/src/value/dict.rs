//! Maps that keep the order in which they were filled.

use std::{borrow::Borrow, fmt, hash::Hash, marker::PhantomData, ops::Index};

use indexmap::{IndexMap, map};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};

use super::{Int, Value};

/// The name under which an [`IntDict`] passes through serde, so that dialect 0.1 can tell it from a dict.
pub(crate) const INT_DICT_TOKEN: &str = "$highway::IntDict";

/// A dict with integers as keys. Dialect 0.2 has it with the extension only; without, it goes as a dict with
/// the numbers' text as keys.
pub type IntDict = Dict<Int>;

/// A map with its entries in the order of insertion, as Python's dict.
///
/// Inserting a key again replaces the value and leaves the key its place. Two dicts are equal when they have the same
/// entries, in whatever order.
///
/// ```
/// use highway::value::{Dict, Value};
///
/// let mut dict: Dict = [("name", Value::from("Ada")), ("age", 36.into())].into_iter().collect();
/// dict.insert("name", "Grace");
/// assert_eq!(dict["name"], "Grace");
/// assert_eq!(format!("{dict:?}"), r#"{"name": "Grace", "age": 36}"#);
/// ```
#[derive(Clone)]
// In a box, and none while it is empty: `Value` stays small, and many small dicts in a message do too.
pub struct Dict<K = String>(Option<Box<IndexMap<K, Value>>>);

impl Dict {
    /// An empty dict.
    pub const fn new() -> Self {
        Self(None)
    }
}

impl<K> Dict<K> {
    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |map| map.len())
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries in order.
    pub fn iter(&self) -> Iter<'_, K> {
        Iter(self.0.as_ref().map(|map| map.iter()))
    }

    /// The entries in order, with values that can be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_, K> {
        IterMut(self.0.as_mut().map(|map| map.iter_mut()))
    }

    /// The keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.iter().map(|(_, value)| value)
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.0 = None;
    }
}

impl<K: Hash + Eq> Dict<K> {
    /// The value under a key.
    pub fn get<Q: ?Sized + Hash + Eq>(&self, key: &Q) -> Option<&Value>
    where
        K: Borrow<Q>,
    {
        self.0.as_ref()?.get(key)
    }

    /// The value under a key, to change it.
    pub fn get_mut<Q: ?Sized + Hash + Eq>(&mut self, key: &Q) -> Option<&mut Value>
    where
        K: Borrow<Q>,
    {
        self.0.as_mut()?.get_mut(key)
    }

    /// Whether there is an entry with this key.
    pub fn contains_key<Q: ?Sized + Hash + Eq>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// Inserts a value under a key, and returns the one that it replaces, whose place it takes.
    pub fn insert(&mut self, key: impl Into<K>, value: impl Into<Value>) -> Option<Value> {
        self.put(key.into(), value.into())
    }

    pub(super) fn put(&mut self, key: K, value: Value) -> Option<Value> {
        // Room for one at first: most hostile bytes a dict would otherwise be such with one entry.
        self.0
            .get_or_insert_with(|| Box::new(IndexMap::with_capacity(1)))
            .insert(key, value)
    }

    /// Removes an entry, and returns its value; the others keep their order, which takes time in proportion to their
    /// number.
    pub fn remove<Q: ?Sized + Hash + Eq>(&mut self, key: &Q) -> Option<Value>
    where
        K: Borrow<Q>,
    {
        self.0.as_mut()?.shift_remove(key)
    }
}

impl<K> Default for Dict<K> {
    fn default() -> Self {
        Self(None)
    }
}

impl<K: Hash + Eq> PartialEq for Dict<K> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self
                .iter()
                .all(|(key, value)| other.get(key).is_some_and(|other| value == other))
    }
}

impl<K: fmt::Debug> fmt::Debug for Dict<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

/// Panics where there is no such key; [`get`](Dict::get) does not.
impl<K: Hash + Eq + Borrow<Q>, Q: ?Sized + Hash + Eq> Index<&Q> for Dict<K> {
    type Output = Value;

    fn index(&self, key: &Q) -> &Value {
        self.get(key).expect("no such key in the dict")
    }
}

impl<K: Hash + Eq, T: Into<K>, V: Into<Value>> FromIterator<(T, V)> for Dict<K> {
    fn from_iter<I: IntoIterator<Item = (T, V)>>(entries: I) -> Self {
        let mut dict = Self::default();
        dict.extend(entries);
        dict
    }
}

impl<K: Hash + Eq, T: Into<K>, V: Into<Value>> Extend<(T, V)> for Dict<K> {
    fn extend<I: IntoIterator<Item = (T, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

macro_rules! iterators {
    ($($(#[$doc:meta])* $name:ident<$($life:lifetime)?> of $inner:ty => $item:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<$($life,)? K>(Option<$inner>);

        impl<$($life,)? K> Iterator for $name<$($life,)? K> {
            type Item = $item;

            fn next(&mut self) -> Option<$item> {
                self.0.as_mut()?.next()
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                let len = self.len();
                (len, Some(len))
            }
        }

        impl<$($life,)? K> DoubleEndedIterator for $name<$($life,)? K> {
            fn next_back(&mut self) -> Option<$item> {
                self.0.as_mut()?.next_back()
            }
        }

        impl<$($life,)? K> ExactSizeIterator for $name<$($life,)? K> {
            fn len(&self) -> usize {
                self.0.as_ref().map_or(0, ExactSizeIterator::len)
            }
        }
    )*};
}

iterators! {
    /// The entries of a [`Dict`].
    Iter<'a> of map::Iter<'a, K, Value> => (&'a K, &'a Value);
    /// The entries of a [`Dict`], with values that can be changed.
    IterMut<'a> of map::IterMut<'a, K, Value> => (&'a K, &'a mut Value);
    /// The entries that were a [`Dict`]'s.
    IntoIter<> of map::IntoIter<K, Value> => (K, Value);
}

impl<K> IntoIterator for Dict<K> {
    type Item = (K, Value);
    type IntoIter = IntoIter<K>;

    fn into_iter(self) -> IntoIter<K> {
        IntoIter(self.0.map(|map| map.into_iter()))
    }
}

impl<'a, K> IntoIterator for &'a Dict<K> {
    type Item = (&'a K, &'a Value);
    type IntoIter = Iter<'a, K>;

    fn into_iter(self) -> Iter<'a, K> {
        self.iter()
    }
}

impl<'a, K> IntoIterator for &'a mut Dict<K> {
    type Item = (&'a K, &'a mut Value);
    type IntoIter = IterMut<'a, K>;

    fn into_iter(self) -> IterMut<'a, K> {
        self.iter_mut()
    }
}

impl Serialize for Dict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_entries(self, serializer)
    }
}

impl Serialize for IntDict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(INT_DICT_TOKEN, &Entries(self))
    }
}

struct Entries<'a, K>(&'a Dict<K>);

impl<K: Serialize> Serialize for Entries<'_, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_entries(self.0, serializer)
    }
}

fn serialize_entries<K: Serialize, S: Serializer>(
    dict: &Dict<K>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(dict.len()))?;
    for (key, value) in dict {
        map.serialize_entry(key, value)?;
    }
    map.end()
}

impl<'de, K: Deserialize<'de> + Hash + Eq> Deserialize<'de> for Dict<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(DictVisitor(PhantomData))
    }
}

struct DictVisitor<K>(PhantomData<K>);

impl<'de, K: Deserialize<'de> + Hash + Eq> de::Visitor<'de> for DictVisitor<K> {
    type Value = Dict<K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dict")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Dict<K>, A::Error> {
        let mut dict = Dict::default();
        while let Some((key, value)) = map.next_entry()? {
            dict.put(key, value);
        }
        Ok(dict)
    }
}
