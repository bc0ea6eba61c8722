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
    /// The routes of this module, as a type: `serves = server` and `peer = server` stand for it.
    #[derive(::core::fmt::Debug)]
    pub struct Protocol;
    impl Protocol {
        #[doc(hidden)]
        pub fn served_by<H>()
        where
            H: ::highway::__private::Serves<say>,
            H: ::highway::__private::Serves<change_name>,
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
            ];
        }
        impl ::highway::__private::Answers<()> for say {}
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
        impl ::highway::__private::Answers<bool> for change_name {}
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
    };
}
