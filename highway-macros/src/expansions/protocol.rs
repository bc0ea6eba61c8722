/// What the server answers.
pub mod server {
    use super::*;
    /// Says something.
    ///
    /// `async fn say(text: String)`
    #[allow(non_camel_case_types)]
    #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy)]
    pub struct say;
    /// The route `change-name`.
    ///
    /// `async fn change_name(name: String) -> bool`
    #[allow(non_camel_case_types)]
    #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy)]
    pub struct change_name;
    /// The route `count`.
    ///
    /// `async fn count(words: Incoming<String>) -> impl Stream<Item = u64>`
    #[allow(non_camel_case_types)]
    #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy)]
    pub struct count;
    /// The routes of this module, as a type: `serves = server` and `peer = server` stand for it.
    #[derive(::core::fmt::Debug)]
    pub struct Protocol;
    impl Protocol {
        #[doc(hidden)]
        pub fn served_by<H>()
        where
            H: ::highway::__private::Serves<say>,
            H: ::highway::__private::Serves<change_name>,
            H: ::highway::__private::Serves<count>,
        {}
    }
    const _: () = {
        impl ::highway::__private::Protocol for Protocol {
            const NAME: &'static ::highway::__private::str = "server";
            const ROUTES: &'static [::highway::__private::Declaration] = &[
                ::highway::__private::Declaration {
                    name: "say",
                    function: "say",
                    data: "String",
                    reply: "()",
                },
                ::highway::__private::Declaration {
                    name: "change-name",
                    function: "change_name",
                    data: "String",
                    reply: "bool",
                },
                ::highway::__private::Declaration {
                    name: "count",
                    function: "count",
                    data: "Incoming<String>",
                    reply: "impl Stream<Item = u64>",
                },
            ];
            fn types() -> &'static [::highway::__private::RouteTypes] {
                use ::highway::__private::traits::*;
                static TYPES: ::highway::__private::LazyLock<
                    ::highway::__private::Box<[::highway::__private::RouteTypes]>,
                > = ::highway::__private::LazyLock::new(|| ::highway::__private::Box::new([
                    ::highway::__private::RouteTypes {
                        name: "say",
                        data: (&&::highway::__private::TypesOf::<String>::new()).types(),
                        reply: ::highway::__private::Types::NOTHING,
                    },
                    ::highway::__private::RouteTypes {
                        name: "change-name",
                        data: (&&::highway::__private::TypesOf::<String>::new()).types(),
                        reply: (&&::highway::__private::TypesOf::<bool>::new()).types(),
                    },
                    ::highway::__private::RouteTypes {
                        name: "count",
                        data: (&&::highway::__private::TypesOf::<String>::new())
                            .types()
                            .stream(),
                        reply: (&&::highway::__private::TypesOf::<u64>::new())
                            .types()
                            .stream(),
                    },
                ]));
                &TYPES
            }
        }
        impl ::highway::__private::DeclaredRoute for say {
            type Protocol = Protocol;
            type Data = String;
            type Reply = ();
            type Name = ::highway::__private::Name<'s', 'a', 'y'>;
            const NAME: &'static ::highway::__private::str = "say";
        }
        impl ::highway::__private::Declares<::highway::__private::Name<'s', 'a', 'y'>>
        for Protocol {
            type Route = say;
        }
        impl<
            D: ::highway::__private::Data<String, say>,
        > ::highway::__private::CallTo<Protocol, D> for say {
            fn name(&self) -> &::highway::__private::str {
                "say"
            }
            fn encode(
                &self,
                data: &D,
                dialect: ::highway::__private::Dialect,
                out: &mut ::highway::__private::Vec<::highway::__private::u8>,
            ) -> ::highway::__private::Result<
                ::highway::__private::u8,
                ::highway::__private::EncodeError,
            > {
                ::highway::__private::Data::<String, say>::encode(data, dialect, out)
            }
        }
        impl<
            D: ::highway::__private::Data<String, say>,
        > ::highway::__private::RouteTo<Protocol, D> for say {
            fn name(&self) -> &::highway::__private::str {
                "say"
            }
            fn encode(
                &self,
                data: &D,
                dialect: ::highway::__private::Dialect,
                out: &mut ::highway::__private::Vec<::highway::__private::u8>,
            ) -> ::highway::__private::Result<
                ::highway::__private::u8,
                ::highway::__private::EncodeError,
            > {
                ::highway::__private::Data::<String, say>::encode(data, dialect, out)
            }
        }
        impl ::highway::__private::Answers<()> for say {}
        impl<T> ::highway::__private::Streams<T> for say
        where
            (): ::highway::__private::ManyItems<say, T>,
        {}
        impl ::highway::__private::DeclaredRoute for change_name {
            type Protocol = Protocol;
            type Data = String;
            type Reply = bool;
            type Name = ::highway::__private::Name<
                'c',
                'h',
                'a',
                'n',
                'g',
                'e',
                '-',
                'n',
                'a',
                'm',
                'e',
            >;
            const NAME: &'static ::highway::__private::str = "change-name";
        }
        impl ::highway::__private::Declares<
            ::highway::__private::Name<
                'c',
                'h',
                'a',
                'n',
                'g',
                'e',
                '-',
                'n',
                'a',
                'm',
                'e',
            >,
        > for Protocol {
            type Route = change_name;
        }
        impl<
            D: ::highway::__private::Data<String, change_name>,
        > ::highway::__private::CallTo<Protocol, D> for change_name {
            fn name(&self) -> &::highway::__private::str {
                "change-name"
            }
            fn encode(
                &self,
                data: &D,
                dialect: ::highway::__private::Dialect,
                out: &mut ::highway::__private::Vec<::highway::__private::u8>,
            ) -> ::highway::__private::Result<
                ::highway::__private::u8,
                ::highway::__private::EncodeError,
            > {
                ::highway::__private::Data::<
                    String,
                    change_name,
                >::encode(data, dialect, out)
            }
        }
        impl<
            D: ::highway::__private::Data<String, change_name>,
        > ::highway::__private::RouteTo<Protocol, D> for change_name {
            fn name(&self) -> &::highway::__private::str {
                "change-name"
            }
            fn encode(
                &self,
                data: &D,
                dialect: ::highway::__private::Dialect,
                out: &mut ::highway::__private::Vec<::highway::__private::u8>,
            ) -> ::highway::__private::Result<
                ::highway::__private::u8,
                ::highway::__private::EncodeError,
            > {
                ::highway::__private::Data::<
                    String,
                    change_name,
                >::encode(data, dialect, out)
            }
        }
        impl ::highway::__private::Answers<bool> for change_name {}
        impl<T> ::highway::__private::Streams<T> for change_name
        where
            bool: ::highway::__private::ManyItems<change_name, T>,
        {}
        impl ::highway::__private::DeclaredRoute for count {
            type Protocol = Protocol;
            type Data = ::highway::__private::Incoming<String>;
            type Reply = ::highway::__private::StreamOf<u64>;
            type Name = ::highway::__private::Name<'c', 'o', 'u', 'n', 't'>;
            const NAME: &'static ::highway::__private::str = "count";
        }
        impl ::highway::__private::Declares<
            ::highway::__private::Name<'c', 'o', 'u', 'n', 't'>,
        > for Protocol {
            type Route = count;
        }
        impl<S> ::highway::__private::CallTo<Protocol, S> for count
        where
            S: ::highway::__private::DataStream<
                String,
                count,
                Item: ::highway::__private::DataItem<count>,
            >,
        {
            fn name(&self) -> &::highway::__private::str {
                "count"
            }
            fn encode(
                &self,
                _: &S,
                _: ::highway::__private::Dialect,
                _: &mut ::highway::__private::Vec<::highway::__private::u8>,
            ) -> ::highway::__private::Result<
                ::highway::__private::u8,
                ::highway::__private::EncodeError,
            > {
                ::highway::__private::Ok(::highway::__private::STREAM_CODE)
            }
            fn items(
                items: S,
            ) -> ::highway::__private::Option<::highway::__private::BoxSource> {
                ::highway::__private::Some(
                    ::highway::__private::DataStream::<String, count>::source(items),
                )
            }
        }
        impl<D> ::highway::__private::RouteTo<Protocol, D> for count
        where
            ::highway::__private::Incoming<
                String,
            >: ::highway::__private::OneMessage<count, D>,
        {
            fn name(&self) -> &::highway::__private::str {
                "count"
            }
            fn encode(
                &self,
                data: &D,
                dialect: ::highway::__private::Dialect,
                out: &mut ::highway::__private::Vec<::highway::__private::u8>,
            ) -> ::highway::__private::Result<
                ::highway::__private::u8,
                ::highway::__private::EncodeError,
            > {
                <::highway::__private::Incoming<
                    String,
                > as ::highway::__private::OneMessage<
                    count,
                    D,
                >>::encode(data, dialect, out)
            }
        }
        impl ::highway::__private::Streams<u64> for count {}
        impl<T> ::highway::__private::Answers<T> for count
        where
            ::highway::__private::StreamOf<
                u64,
            >: ::highway::__private::OneValue<count, T>,
        {}
    };
}
