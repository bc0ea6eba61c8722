struct Me {
    #[doc(hidden)]
    highway_connection: ::highway::__private::Connection<Me>,
}
const _: () = {
    #[doc(hidden)]
    pub struct HighwayEntry {
        item: ::highway::__private::Item<Me>,
    }
    #[doc(hidden)]
    pub struct HighwayRegister;
    impl HighwayRegister {
        pub const fn entry(self, item: ::highway::__private::Item<Me>) -> HighwayEntry {
            HighwayEntry { item }
        }
    }
    ::highway::__private::inventory::collect!(HighwayEntry);
    impl ::highway::__private::Entry<Me> for HighwayEntry {
        fn item(&self) -> &::highway::__private::Item<Me> {
            &self.item
        }
    }
    impl ::highway::__private::Deref for Me {
        type Target = ::highway::__private::Connection<Me>;
        fn deref(&self) -> &::highway::__private::Connection<Me> {
            &self.highway_connection
        }
    }
    impl ::highway::__private::DerefMut for Me {
        fn deref_mut(&mut self) -> &mut ::highway::__private::Connection<Me> {
            &mut self.highway_connection
        }
    }
    impl ::highway::__private::Handler for Me {
        type Side = ::highway::__private::ClientSide;
        type State = ();
        type Serves = ::highway::__private::Undeclared;
        type Peer = ::highway::__private::Undeclared;
        type Entry = HighwayEntry;
        type Register = HighwayRegister;
        const REGISTER: HighwayRegister = HighwayRegister;
        const NAME: &'static ::highway::__private::str = "Me";
        fn new(highway_connection: ::highway::__private::Connection<Self>) -> Self {
            Self { highway_connection }
        }
        fn registry() -> &'static ::highway::__private::Registry<Self> {
            static REGISTRY: ::highway::__private::LazyLock<
                ::highway::__private::Registry<Me>,
            > = ::highway::__private::LazyLock::new(
                ::highway::__private::Registry::collect,
            );
            &REGISTRY
        }
        fn contract() -> &'static ::highway::__private::Contract {
            static CONTRACT: ::highway::__private::LazyLock<
                ::highway::__private::Contract,
            > = ::highway::__private::LazyLock::new(
                ::highway::__private::Contract::of::<Me>,
            );
            &CONTRACT
        }
    }
    #[allow(dead_code, clippy::self_named_constructors)]
    impl Me {
        /// A client whose connections have [`Me`] as their handler, to be configured and started.
        fn client() -> ::highway::__private::Client<Me> {
            ::highway::__private::Client::<Me, ::highway::__private::NoState>::new()
                .state(())
        }
        /// Connects to a server and gives back the connection once both sides have told their routes.
        ///
        /// # Errors
        /// When the server can't be reached or the handshake fails.
        async fn connect(
            url: &::highway::__private::str,
        ) -> ::highway::__private::Result<
            ::highway::__private::Connection<Me>,
            ::highway::__private::Error,
        > {
            Self::client().connect(url).await
        }
    }
};
