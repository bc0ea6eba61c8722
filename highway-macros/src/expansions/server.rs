pub struct Chat {
    name: String,
    room: String,
    #[doc(hidden)]
    __highway_connection: ::highway::__private::Connection<Chat>,
}
const _: () = {
    #[doc(hidden)]
    pub struct __HighwayEntry {
        item: ::highway::__private::Item<Chat>,
    }
    #[doc(hidden)]
    pub struct __HighwayRegister;
    impl __HighwayRegister {
        pub const fn entry(
            self,
            __highway_item: ::highway::__private::Item<Chat>,
        ) -> __HighwayEntry {
            __HighwayEntry {
                item: __highway_item,
            }
        }
    }
    ::highway::__private::inventory::collect!(__HighwayEntry);
    impl ::highway::__private::Entry<Chat> for __HighwayEntry {
        fn item(&self) -> &::highway::__private::Item<Chat> {
            &self.item
        }
    }
    impl ::highway::__private::Deref for Chat {
        type Target = ::highway::__private::Connection<Chat>;
        fn deref(&self) -> &::highway::__private::Connection<Chat> {
            &self.__highway_connection
        }
    }
    impl ::highway::__private::DerefMut for Chat {
        fn deref_mut(&mut self) -> &mut ::highway::__private::Connection<Chat> {
            &mut self.__highway_connection
        }
    }
    impl ::highway::__private::check::IsHandler for Chat {}
    impl ::highway::__private::Endpoint for Chat {
        type Side = ::highway::__private::ServerSide;
        type State = Db;
        type Serves = server::__HighwayProtocol;
        type Peer = client::__HighwayProtocol;
        const NAME: &'static ::highway::__private::str = "Chat";
    }
    impl ::highway::__private::Handler for Chat {
        type Entry = __HighwayEntry;
        type Register = __HighwayRegister;
        const REGISTER: __HighwayRegister = __HighwayRegister;
        fn new(__highway_connection: ::highway::__private::Connection<Self>) -> Self {
            Self {
                name: <String as ::highway::__private::Default>::default(),
                room: "lobby".into(),
                __highway_connection,
            }
        }
        fn registry() -> &'static ::highway::__private::Registry<Self> {
            static __HIGHWAY_REGISTRY: ::highway::__private::LazyLock<
                ::highway::__private::Registry<Chat>,
            > = ::highway::__private::LazyLock::new(
                ::highway::__private::Registry::collect,
            );
            &__HIGHWAY_REGISTRY
        }
        fn contract() -> &'static ::highway::__private::Contract {
            static __HIGHWAY_CONTRACT: ::highway::__private::LazyLock<
                ::highway::__private::Contract,
            > = ::highway::__private::LazyLock::new(
                ::highway::__private::contract::<Chat>,
            );
            &__HIGHWAY_CONTRACT
        }
    }
    #[allow(dead_code, clippy::self_named_constructors)]
    impl Chat {
        /// A server whose connections have [`Chat`] as their handler, to be configured and started.
        ///
        /// It wants its state first: `state(…)`.
        pub fn server() -> ::highway::__private::Server<
            Chat,
            ::highway::__private::NoState,
        > {
            ::highway::__private::Server::<Chat, ::highway::__private::NoState>::new()
        }
        /// What others may want to know of the routes of both sides: see `highway::description`.
        pub fn describe() -> ::highway::__private::Description {
            ::highway::__private::describe::<Chat>()
        }
    }
    const _: fn() = || <server::__HighwayProtocol>::served_by(
        ::highway::__private::PhantomData::<Chat>,
    );
};
fn main() -> ::highway::__private::ExitCode {
    ::highway::__private::program::server::<Chat>(::highway::__private::Some("[::]:80"))
}
