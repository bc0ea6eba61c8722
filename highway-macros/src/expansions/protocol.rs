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
    #[allow(unused_imports)]
    use ::highway::__private::names::*;
    const _: () = {
        #[allow(dead_code, clippy::too_many_arguments)]
        fn __highway_streams(
            __highway_stream_0: Incoming<String>,
            __highway_stream_1: impl Stream<Item = u64>,
        ) {}
    };
    #[doc(hidden)]
    #[derive(::core::fmt::Debug)]
    pub struct __HighwayProtocol;
    impl __HighwayProtocol {
        #[doc(hidden)]
        pub fn served_by<__HighwayHandler, __HighwayBy0, __HighwayBy1, __HighwayBy2>(
            _: ::highway::__private::PhantomData<__HighwayHandler>,
        )
        where
            __HighwayHandler: ::highway::__private::Serves<say, __HighwayBy0>,
            __HighwayHandler: ::highway::__private::Serves<change_name, __HighwayBy1>,
            __HighwayHandler: ::highway::__private::Serves<count, __HighwayBy2>,
        {}
    }
    const _: () = {
        impl ::highway::__private::Protocol for __HighwayProtocol {
            const NAME: &'static ::highway::__private::str = "server";
            const ROUTES: &'static [::highway::__private::Declaration] = &[
                ::highway::__private::Declaration {
                    name: "say",
                    function: "say",
                    data: "String",
                    reply: "()",
                    docs: "Says something.",
                    parameters: &["text"],
                    file: ::core::file!(),
                    line: ::core::line!(),
                },
                ::highway::__private::Declaration {
                    name: "change-name",
                    function: "change_name",
                    data: "String",
                    reply: "bool",
                    docs: "",
                    parameters: &["name"],
                    file: ::core::file!(),
                    line: ::core::line!(),
                },
                ::highway::__private::Declaration {
                    name: "count",
                    function: "count",
                    data: "Incoming<String>",
                    reply: "impl Stream<Item = u64>",
                    docs: "",
                    parameters: &["words"],
                    file: ::core::file!(),
                    line: ::core::line!(),
                },
            ];
            fn types() -> &'static [::highway::__private::RouteTypes] {
                use ::highway::__private::traits::*;
                static __HIGHWAY_TYPES: ::highway::__private::LazyLock<
                    ::highway::__private::Box<[::highway::__private::RouteTypes]>,
                > = ::highway::__private::LazyLock::new(|| ::highway::__private::Box::new([
                    ::highway::__private::RouteTypes::new(
                        "say",
                        (&::highway::__private::TypesOf::<String>::new())
                            .__highway_types(),
                        ::highway::__private::ReplyTypes::NOTHING,
                    ),
                    ::highway::__private::RouteTypes::new(
                        "change-name",
                        (&::highway::__private::TypesOf::<String>::new())
                            .__highway_types(),
                        (&&::highway::__private::TypesOf::<bool>::new())
                            .__highway_reply_types(),
                    ),
                    ::highway::__private::RouteTypes::new(
                        "count",
                        (&::highway::__private::TypesOf::<String>::new())
                            .__highway_types()
                            .stream(),
                        (&&::highway::__private::TypesOf::<u64>::new())
                            .__highway_reply_types()
                            .stream(),
                    ),
                ]));
                &__HIGHWAY_TYPES
            }
        }
        impl ::highway::__private::DeclaredRoute for say {
            type Protocol = __HighwayProtocol;
            type Data = String;
            type Reply = ();
            type Outcome = ();
            type Name = ::highway::__private::Name<'s', 'a', 'y'>;
            const NAME: &'static ::highway::__private::str = "say";
            fn failure(
                __highway_outcome: &(),
            ) -> ::highway::__private::Option<::highway::__private::Failure> {
                #[allow(unused_imports)]
                use ::highway::__private::traits::*;
                (&&::highway::__private::Outcome::<()>::new())
                    .__highway_failure(__highway_outcome)
            }
        }
        impl ::highway::__private::Declares<::highway::__private::Name<'s', 'a', 'y'>>
        for __HighwayProtocol {
            type Route = say;
        }
        impl<
            __HighwayData: ::highway::__private::Data<String, say>,
        > ::highway::__private::CallTo<__HighwayProtocol, __HighwayData> for say {
            fn name(&self) -> &::highway::__private::str {
                "say"
            }
            fn encode(
                &self,
                __highway_data: &__HighwayData,
                __highway_dialect: ::highway::__private::Dialect,
                __highway_out: &mut ::highway::__private::Vec<::highway::__private::u8>,
            ) -> ::highway::__private::Result<
                ::highway::__private::u8,
                ::highway::__private::EncodeError,
            > {
                #[allow(unused_imports)]
                use ::highway::__private::traits::*;
                ::highway::__private::Writes::<String, say>::new()
                    .__highway_encode(__highway_data, __highway_dialect, __highway_out)
            }
        }
        impl<
            __HighwayData: ::highway::__private::Data<String, say>,
        > ::highway::__private::RouteTo<__HighwayProtocol, __HighwayData> for say {
            fn name(&self) -> &::highway::__private::str {
                "say"
            }
            fn encode(
                &self,
                __highway_data: &__HighwayData,
                __highway_dialect: ::highway::__private::Dialect,
                __highway_out: &mut ::highway::__private::Vec<::highway::__private::u8>,
            ) -> ::highway::__private::Result<
                ::highway::__private::u8,
                ::highway::__private::EncodeError,
            > {
                #[allow(unused_imports)]
                use ::highway::__private::traits::*;
                ::highway::__private::Writes::<String, say>::new()
                    .__highway_encode(__highway_data, __highway_dialect, __highway_out)
            }
        }
        impl ::highway::__private::Answers<()> for say {
            fn reads() -> ::highway::__private::Reads<()> {
                #[allow(unused_imports)]
                use ::highway::__private::traits::*;
                (&&::highway::__private::Outcome::<()>::new()).__highway_reads()
            }
        }
        impl<__HighwayItem> ::highway::__private::Streams<__HighwayItem> for say
        where
            (): ::highway::__private::ManyItems<say, __HighwayItem>,
        {
            fn reads() -> ::highway::__private::Reads<__HighwayItem> {
                <() as ::highway::__private::ManyItems<say, __HighwayItem>>::reads()
            }
        }
        impl ::highway::__private::DeclaredRoute for change_name {
            type Protocol = __HighwayProtocol;
            type Data = String;
            type Reply = bool;
            type Outcome = bool;
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
            fn failure(
                __highway_outcome: &bool,
            ) -> ::highway::__private::Option<::highway::__private::Failure> {
                #[allow(unused_imports)]
                use ::highway::__private::traits::*;
                (&&::highway::__private::Outcome::<bool>::new())
                    .__highway_failure(__highway_outcome)
            }
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
        > for __HighwayProtocol {
            type Route = change_name;
        }
        impl<
            __HighwayData: ::highway::__private::Data<String, change_name>,
        > ::highway::__private::CallTo<__HighwayProtocol, __HighwayData>
        for change_name {
            fn name(&self) -> &::highway::__private::str {
                "change-name"
            }
            fn encode(
                &self,
                __highway_data: &__HighwayData,
                __highway_dialect: ::highway::__private::Dialect,
                __highway_out: &mut ::highway::__private::Vec<::highway::__private::u8>,
            ) -> ::highway::__private::Result<
                ::highway::__private::u8,
                ::highway::__private::EncodeError,
            > {
                #[allow(unused_imports)]
                use ::highway::__private::traits::*;
                ::highway::__private::Writes::<String, change_name>::new()
                    .__highway_encode(__highway_data, __highway_dialect, __highway_out)
            }
        }
        impl<
            __HighwayData: ::highway::__private::Data<String, change_name>,
        > ::highway::__private::RouteTo<__HighwayProtocol, __HighwayData>
        for change_name {
            fn name(&self) -> &::highway::__private::str {
                "change-name"
            }
            fn encode(
                &self,
                __highway_data: &__HighwayData,
                __highway_dialect: ::highway::__private::Dialect,
                __highway_out: &mut ::highway::__private::Vec<::highway::__private::u8>,
            ) -> ::highway::__private::Result<
                ::highway::__private::u8,
                ::highway::__private::EncodeError,
            > {
                #[allow(unused_imports)]
                use ::highway::__private::traits::*;
                ::highway::__private::Writes::<String, change_name>::new()
                    .__highway_encode(__highway_data, __highway_dialect, __highway_out)
            }
        }
        impl ::highway::__private::Answers<bool> for change_name {
            fn reads() -> ::highway::__private::Reads<bool> {
                #[allow(unused_imports)]
                use ::highway::__private::traits::*;
                (&&::highway::__private::Outcome::<bool>::new()).__highway_reads()
            }
        }
        impl<__HighwayItem> ::highway::__private::Streams<__HighwayItem> for change_name
        where
            bool: ::highway::__private::ManyItems<change_name, __HighwayItem>,
        {
            fn reads() -> ::highway::__private::Reads<__HighwayItem> {
                <bool as ::highway::__private::ManyItems<
                    change_name,
                    __HighwayItem,
                >>::reads()
            }
        }
        impl ::highway::__private::DeclaredRoute for count {
            type Protocol = __HighwayProtocol;
            type Data = ::highway::__private::Incoming<String>;
            type Reply = ::highway::__private::StreamOf<u64>;
            type Outcome = u64;
            type Name = ::highway::__private::Name<'c', 'o', 'u', 'n', 't'>;
            const NAME: &'static ::highway::__private::str = "count";
            fn failure(
                __highway_outcome: &u64,
            ) -> ::highway::__private::Option<::highway::__private::Failure> {
                #[allow(unused_imports)]
                use ::highway::__private::traits::*;
                (&&::highway::__private::Outcome::<u64>::new())
                    .__highway_failure(__highway_outcome)
            }
        }
        impl ::highway::__private::Declares<
            ::highway::__private::Name<'c', 'o', 'u', 'n', 't'>,
        > for __HighwayProtocol {
            type Route = count;
        }
        impl<
            __HighwayItems,
        > ::highway::__private::CallTo<__HighwayProtocol, __HighwayItems> for count
        where
            __HighwayItems: ::highway::__private::DataStream<String, count>,
        {
            fn name(&self) -> &::highway::__private::str {
                "count"
            }
            fn encode(
                &self,
                _: &__HighwayItems,
                _: ::highway::__private::Dialect,
                _: &mut ::highway::__private::Vec<::highway::__private::u8>,
            ) -> ::highway::__private::Result<
                ::highway::__private::u8,
                ::highway::__private::EncodeError,
            > {
                ::highway::__private::Ok(::highway::__private::STREAM_CODE)
            }
            fn items(
                __highway_items: __HighwayItems,
            ) -> ::highway::__private::Option<::highway::__private::BoxSource> {
                #[allow(unused_imports)]
                use ::highway::__private::traits::*;
                ::highway::__private::Some(
                    ::highway::__private::Writes::<String, count>::new()
                        .__highway_source(__highway_items),
                )
            }
        }
        impl<
            __HighwayData,
        > ::highway::__private::RouteTo<__HighwayProtocol, __HighwayData> for count
        where
            ::highway::__private::Incoming<
                String,
            >: ::highway::__private::OneMessage<count, __HighwayData>,
        {
            fn name(&self) -> &::highway::__private::str {
                "count"
            }
            fn encode(
                &self,
                __highway_data: &__HighwayData,
                __highway_dialect: ::highway::__private::Dialect,
                __highway_out: &mut ::highway::__private::Vec<::highway::__private::u8>,
            ) -> ::highway::__private::Result<
                ::highway::__private::u8,
                ::highway::__private::EncodeError,
            > {
                <::highway::__private::Incoming<
                    String,
                > as ::highway::__private::OneMessage<
                    count,
                    __HighwayData,
                >>::encode(__highway_data, __highway_dialect, __highway_out)
            }
        }
        impl ::highway::__private::Streams<u64> for count {
            fn reads() -> ::highway::__private::Reads<u64> {
                #[allow(unused_imports)]
                use ::highway::__private::traits::*;
                (&&::highway::__private::Outcome::<u64>::new()).__highway_reads()
            }
        }
        impl<__HighwayReply> ::highway::__private::Answers<__HighwayReply> for count
        where
            ::highway::__private::StreamOf<
                u64,
            >: ::highway::__private::OneValue<count, __HighwayReply>,
        {
            fn reads() -> ::highway::__private::Reads<__HighwayReply> {
                <::highway::__private::StreamOf<
                    u64,
                > as ::highway::__private::OneValue<count, __HighwayReply>>::reads()
            }
        }
        const _: () = ::highway::__private::declarable::<String>();
        const _: () = ::highway::__private::declarable::<String>();
        const _: () = ::highway::__private::declarable::<bool>();
        const _: () = ::highway::__private::declarable::<String>();
        const _: () = ::highway::__private::declarable::<u64>();
    };
}
