struct Me {
    #[doc(hidden)]
    __highway_connection: ::highway::__private::Connection<Me>,
}
const _: () = {
    #[doc(hidden)]
    pub struct __HighwayEntry {
        item: ::highway::__private::Item<Me>,
    }
    #[doc(hidden)]
    pub struct __HighwayRegister;
    impl __HighwayRegister {
        pub const fn entry(
            self,
            __highway_item: ::highway::__private::Item<Me>,
        ) -> __HighwayEntry {
            __HighwayEntry {
                item: __highway_item,
            }
        }
    }
    ::highway::__private::inventory::collect!(__HighwayEntry);
    impl ::highway::__private::Entry<Me> for __HighwayEntry {
        fn item(&self) -> &::highway::__private::Item<Me> {
            &self.item
        }
    }
    impl ::highway::__private::Deref for Me {
        type Target = ::highway::__private::Connection<Me>;
        fn deref(&self) -> &::highway::__private::Connection<Me> {
            &self.__highway_connection
        }
    }
    impl ::highway::__private::DerefMut for Me {
        fn deref_mut(&mut self) -> &mut ::highway::__private::Connection<Me> {
            &mut self.__highway_connection
        }
    }
    impl ::highway::__private::check::IsHandler for Me {}
    impl ::highway::__private::Endpoint for Me {
        type Side = ::highway::__private::ClientSide;
        type State = ();
        type Serves = ::highway::__private::Undeclared;
        type Peer = ::highway::__private::Undeclared;
        const NAME: &'static ::highway::__private::str = "Me";
    }
    impl ::highway::__private::Handler for Me {
        type Entry = __HighwayEntry;
        type Register = __HighwayRegister;
        const REGISTER: __HighwayRegister = __HighwayRegister;
        fn new(__highway_connection: ::highway::__private::Connection<Self>) -> Self {
            Self { __highway_connection }
        }
        fn registry() -> &'static ::highway::__private::Registry<Self> {
            static __HIGHWAY_REGISTRY: ::highway::__private::LazyLock<
                ::highway::__private::Registry<Me>,
            > = ::highway::__private::LazyLock::new(
                ::highway::__private::Registry::collect,
            );
            &__HIGHWAY_REGISTRY
        }
        fn contract() -> &'static ::highway::__private::Contract {
            static __HIGHWAY_CONTRACT: ::highway::__private::LazyLock<
                ::highway::__private::Contract,
            > = ::highway::__private::LazyLock::new(
                ::highway::__private::contract::<Me>,
            );
            &__HIGHWAY_CONTRACT
        }
    }
    #[allow(dead_code, clippy::self_named_constructors)]
    impl Me {
        /// A client whose connections have [`Me`] as their handler, to be configured and started.
        fn client() -> ::highway::__private::Client<Me> {
            ::highway::__private::Client::<Me, ::highway::__private::NoState>::new()
                .state(())
        }
        /// Connects to a server and returns the connection once both sides have exchanged their routes.
        ///
        /// # Errors
        /// When the server can't be reached or the handshake fails.
        async fn connect(
            __highway_url: &::highway::__private::str,
        ) -> ::highway::__private::Result<
            ::highway::__private::Connection<Me>,
            ::highway::__private::Error,
        > {
            Self::client().connect(__highway_url).await
        }
        /// What others may want to know of the routes of both sides: see `highway::description`.
        fn describe() -> ::highway::__private::Description {
            ::highway::__private::describe::<Me>()
        }
    }
};
