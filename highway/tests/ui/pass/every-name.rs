//! Names of routes, fields and types may be any, also those that occur in the code that the attributes generate.
//!
//! Written by `UPDATE_EXPECT=1 cargo test -p highway-macros`, from the code that they generate, and left as it is by rustfmt.
#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(dead_code, non_camel_case_types, non_snake_case, unreachable_pub, unused_imports, clippy::all, clippy::pedantic)]

mod types {
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct ANYTHING;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Answers;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct AroundWithHandlerNeedsRoutesWithHandler;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct BORROWED;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct BelongsTo;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Box;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct BoxSource;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct CLIENT;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct CONCURRENT;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct CallTo;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Client;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct ClientSide;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Clone;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Comes;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Connection;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct ConnectsWithoutState;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Contract;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Copy;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct D;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Data;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct DataStream;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Debug;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Declaration;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Declared;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct DeclaredRoute;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Declares;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Default;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Deref;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct DerefMut;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Description;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Dialect;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct E;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct ERROR;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct EXACTLY;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct EncodeError;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Ended;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Endpoint;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Ends;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Entries;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Entry;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Err;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Error;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct ExitCode;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Extract;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct FACTS;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct FAILURE;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Failure;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Fn;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Gives;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Guard;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct H;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Handler;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct IN_RESULT;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct IS_RESULT;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct ITEMS;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Inside;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct IsHandler;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct It;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Item;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct LazyLock;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct ManyItems;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Message;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct NAME;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct NOTHING;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Name;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct NameParts;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Named;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct No;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct NoState;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct None;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct OUTCOME;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Ok;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct OnPipe;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct OneFunctionPerRoute;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct OneMessage;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct OneValue;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Option;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Outcome;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Pattern;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Peer;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct PhantomData;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Pipe;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Pipes;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Prefix;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Protocol;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct R;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct READABLE;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct REGISTER;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct RESULTS;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct RESULTS_IN_RESULT;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct ROUTES;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct RUN;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Readable;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Reads;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Ready;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Register;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Registry;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Reply;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct ReplyRefused;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct ReplyTypes;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Result;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Returns;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Route;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct RouteTo;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct RouteTypes;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct S;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct SERVER;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct STREAM;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct STREAM_CODE;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct STREAM_IN_RESULT;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Send;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Server;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct ServerSide;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Serves;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Shape;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Side;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Some;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct State;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct StreamOf;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Streams;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct String;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Sync;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct T;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct TAKE_PIPE;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct THERE;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct TakePipe;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Takes;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Target;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Types;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct TypesOf;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Undeclared;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Value;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Vec;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct WITH_CONNECTION;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct WITH_HANDLER;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct WRITABLE;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct WRITABLE_OK;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Whatever;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Writable;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Writes;
    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct YES;
}

mod protocol {
    #[::highway::protocol]
    pub mod mine {
        use super::super::types::*;

        pub async fn __private(__private: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn alloc(alloc: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn allow(allow: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn around(around: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn around_concurrent(around_concurrent: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn around_in_order(around_in_order: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn around_static(around_static: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn chars(chars: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn check(check: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn check_pipes(check_pipes: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn client(client: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn clippy(clippy: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn clone(clone: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn collect(collect: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn compile_error(compile_error: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn concurrent(concurrent: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn connect(connect: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn contract(contract: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn core(core: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn data(data: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn dead_code(dead_code: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn declarable(declarable: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn deref(deref: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn deref_mut(deref_mut: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn derive(derive: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn describe(describe: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn dialect(dialect: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn doc(doc: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn docs(docs: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn drop(drop: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn encode(encode: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn entry(entry: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn failure(failure: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn file(file: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn fits(fits: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn fmt(fmt: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn function(function: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn gives_items(gives_items: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn handler(handler: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn hidden(hidden: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn highway(highway: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn hook(hook: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn in_order(in_order: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn introduction(introduction: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn inventory(inventory: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn item(item: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn items(items: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn line(line: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn main(main: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn marker(marker: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn message(message: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn name(name: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn names(names: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn needless_pass_by_ref_mut(needless_pass_by_ref_mut: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn needless_pass_by_value(needless_pass_by_value: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn never(never: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn new(new: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn non_camel_case_types(non_camel_case_types: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn non_local_definitions(non_local_definitions: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn non_upper_case_globals(non_upper_case_globals: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn of(of: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn of_hook(of_hook: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn open_in_order(open_in_order: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn out(out: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn outcome(outcome: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn parameters(parameters: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn pin(pin: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn pipe_concurrent(pipe_concurrent: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn pipe_in_order(pipe_in_order: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn prefix(prefix: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn program(program: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn protocol(protocol: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn reads(reads: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn ready_concurrent(ready_concurrent: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn redundant_closure(redundant_closure: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn registry(registry: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn reply(reply: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn rest(rest: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn route_concurrent(route_concurrent: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn route_in_order(route_in_order: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn self_named_constructors(self_named_constructors: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn serde(serde: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn serialize(serialize: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn served_by(served_by: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn server(server: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn state(state: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn std(std: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn stream(stream: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn submit(submit: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn take_pipe(take_pipe: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn takes_items(takes_items: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn there(there: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn tokio(tokio: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn too_many_arguments(too_many_arguments: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn traits(traits: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn trivially_copy_pass_by_ref(trivially_copy_pass_by_ref: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn types(types: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn unused_async(unused_async: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn unused_imports(unused_imports: ::std::primitive::u8) -> ::std::primitive::u8;
        pub async fn url(url: ::std::primitive::u8) -> ::std::primitive::u8;
    }

    #[::highway::protocol]
    pub mod theirs {
        use super::super::types::*;

        #[route("ANYTHING")]
        pub async fn take_ANYTHING(data: ANYTHING) -> ANYTHING;
        #[route("stream-ANYTHING")]
        pub async fn stream_ANYTHING(items: Incoming<ANYTHING>) -> impl Stream<Item = ANYTHING>;
        #[route("Answers")]
        pub async fn take_Answers(data: Answers) -> Answers;
        #[route("stream-Answers")]
        pub async fn stream_Answers(items: Incoming<Answers>) -> impl Stream<Item = Answers>;
        #[route("AroundWithHandlerNeedsRoutesWithHandler")]
        pub async fn take_AroundWithHandlerNeedsRoutesWithHandler(data: AroundWithHandlerNeedsRoutesWithHandler) -> AroundWithHandlerNeedsRoutesWithHandler;
        #[route("stream-AroundWithHandlerNeedsRoutesWithHandler")]
        pub async fn stream_AroundWithHandlerNeedsRoutesWithHandler(items: Incoming<AroundWithHandlerNeedsRoutesWithHandler>) -> impl Stream<Item = AroundWithHandlerNeedsRoutesWithHandler>;
        #[route("BORROWED")]
        pub async fn take_BORROWED(data: BORROWED) -> BORROWED;
        #[route("stream-BORROWED")]
        pub async fn stream_BORROWED(items: Incoming<BORROWED>) -> impl Stream<Item = BORROWED>;
        #[route("BelongsTo")]
        pub async fn take_BelongsTo(data: BelongsTo) -> BelongsTo;
        #[route("stream-BelongsTo")]
        pub async fn stream_BelongsTo(items: Incoming<BelongsTo>) -> impl Stream<Item = BelongsTo>;
        #[route("Box")]
        pub async fn take_Box(data: Box) -> Box;
        #[route("stream-Box")]
        pub async fn stream_Box(items: Incoming<Box>) -> impl Stream<Item = Box>;
        #[route("BoxSource")]
        pub async fn take_BoxSource(data: BoxSource) -> BoxSource;
        #[route("stream-BoxSource")]
        pub async fn stream_BoxSource(items: Incoming<BoxSource>) -> impl Stream<Item = BoxSource>;
        #[route("CLIENT")]
        pub async fn take_CLIENT(data: CLIENT) -> CLIENT;
        #[route("stream-CLIENT")]
        pub async fn stream_CLIENT(items: Incoming<CLIENT>) -> impl Stream<Item = CLIENT>;
        #[route("CONCURRENT")]
        pub async fn take_CONCURRENT(data: CONCURRENT) -> CONCURRENT;
        #[route("stream-CONCURRENT")]
        pub async fn stream_CONCURRENT(items: Incoming<CONCURRENT>) -> impl Stream<Item = CONCURRENT>;
        #[route("CallTo")]
        pub async fn take_CallTo(data: CallTo) -> CallTo;
        #[route("stream-CallTo")]
        pub async fn stream_CallTo(items: Incoming<CallTo>) -> impl Stream<Item = CallTo>;
        #[route("Client")]
        pub async fn take_Client(data: Client) -> Client;
        #[route("stream-Client")]
        pub async fn stream_Client(items: Incoming<Client>) -> impl Stream<Item = Client>;
        #[route("ClientSide")]
        pub async fn take_ClientSide(data: ClientSide) -> ClientSide;
        #[route("stream-ClientSide")]
        pub async fn stream_ClientSide(items: Incoming<ClientSide>) -> impl Stream<Item = ClientSide>;
        #[route("Clone")]
        pub async fn take_Clone(data: Clone) -> Clone;
        #[route("stream-Clone")]
        pub async fn stream_Clone(items: Incoming<Clone>) -> impl Stream<Item = Clone>;
        #[route("Comes")]
        pub async fn take_Comes(data: Comes) -> Comes;
        #[route("stream-Comes")]
        pub async fn stream_Comes(items: Incoming<Comes>) -> impl Stream<Item = Comes>;
        #[route("Connection")]
        pub async fn take_Connection(data: Connection) -> Connection;
        #[route("stream-Connection")]
        pub async fn stream_Connection(items: Incoming<Connection>) -> impl Stream<Item = Connection>;
        #[route("ConnectsWithoutState")]
        pub async fn take_ConnectsWithoutState(data: ConnectsWithoutState) -> ConnectsWithoutState;
        #[route("stream-ConnectsWithoutState")]
        pub async fn stream_ConnectsWithoutState(items: Incoming<ConnectsWithoutState>) -> impl Stream<Item = ConnectsWithoutState>;
        #[route("Contract")]
        pub async fn take_Contract(data: Contract) -> Contract;
        #[route("stream-Contract")]
        pub async fn stream_Contract(items: Incoming<Contract>) -> impl Stream<Item = Contract>;
        #[route("Copy")]
        pub async fn take_Copy(data: Copy) -> Copy;
        #[route("stream-Copy")]
        pub async fn stream_Copy(items: Incoming<Copy>) -> impl Stream<Item = Copy>;
        #[route("D")]
        pub async fn take_D(data: D) -> D;
        #[route("stream-D")]
        pub async fn stream_D(items: Incoming<D>) -> impl Stream<Item = D>;
        #[route("Data")]
        pub async fn take_Data(data: Data) -> Data;
        #[route("stream-Data")]
        pub async fn stream_Data(items: Incoming<Data>) -> impl Stream<Item = Data>;
        #[route("DataStream")]
        pub async fn take_DataStream(data: DataStream) -> DataStream;
        #[route("stream-DataStream")]
        pub async fn stream_DataStream(items: Incoming<DataStream>) -> impl Stream<Item = DataStream>;
        #[route("Debug")]
        pub async fn take_Debug(data: Debug) -> Debug;
        #[route("stream-Debug")]
        pub async fn stream_Debug(items: Incoming<Debug>) -> impl Stream<Item = Debug>;
        #[route("Declaration")]
        pub async fn take_Declaration(data: Declaration) -> Declaration;
        #[route("stream-Declaration")]
        pub async fn stream_Declaration(items: Incoming<Declaration>) -> impl Stream<Item = Declaration>;
        #[route("Declared")]
        pub async fn take_Declared(data: Declared) -> Declared;
        #[route("stream-Declared")]
        pub async fn stream_Declared(items: Incoming<Declared>) -> impl Stream<Item = Declared>;
        #[route("DeclaredRoute")]
        pub async fn take_DeclaredRoute(data: DeclaredRoute) -> DeclaredRoute;
        #[route("stream-DeclaredRoute")]
        pub async fn stream_DeclaredRoute(items: Incoming<DeclaredRoute>) -> impl Stream<Item = DeclaredRoute>;
        #[route("Declares")]
        pub async fn take_Declares(data: Declares) -> Declares;
        #[route("stream-Declares")]
        pub async fn stream_Declares(items: Incoming<Declares>) -> impl Stream<Item = Declares>;
        #[route("Default")]
        pub async fn take_Default(data: Default) -> Default;
        #[route("stream-Default")]
        pub async fn stream_Default(items: Incoming<Default>) -> impl Stream<Item = Default>;
        #[route("Deref")]
        pub async fn take_Deref(data: Deref) -> Deref;
        #[route("stream-Deref")]
        pub async fn stream_Deref(items: Incoming<Deref>) -> impl Stream<Item = Deref>;
        #[route("DerefMut")]
        pub async fn take_DerefMut(data: DerefMut) -> DerefMut;
        #[route("stream-DerefMut")]
        pub async fn stream_DerefMut(items: Incoming<DerefMut>) -> impl Stream<Item = DerefMut>;
        #[route("Description")]
        pub async fn take_Description(data: Description) -> Description;
        #[route("stream-Description")]
        pub async fn stream_Description(items: Incoming<Description>) -> impl Stream<Item = Description>;
        #[route("Dialect")]
        pub async fn take_Dialect(data: Dialect) -> Dialect;
        #[route("stream-Dialect")]
        pub async fn stream_Dialect(items: Incoming<Dialect>) -> impl Stream<Item = Dialect>;
        #[route("E")]
        pub async fn take_E(data: E) -> E;
        #[route("stream-E")]
        pub async fn stream_E(items: Incoming<E>) -> impl Stream<Item = E>;
        #[route("ERROR")]
        pub async fn take_ERROR(data: ERROR) -> ERROR;
        #[route("stream-ERROR")]
        pub async fn stream_ERROR(items: Incoming<ERROR>) -> impl Stream<Item = ERROR>;
        #[route("EXACTLY")]
        pub async fn take_EXACTLY(data: EXACTLY) -> EXACTLY;
        #[route("stream-EXACTLY")]
        pub async fn stream_EXACTLY(items: Incoming<EXACTLY>) -> impl Stream<Item = EXACTLY>;
        #[route("EncodeError")]
        pub async fn take_EncodeError(data: EncodeError) -> EncodeError;
        #[route("stream-EncodeError")]
        pub async fn stream_EncodeError(items: Incoming<EncodeError>) -> impl Stream<Item = EncodeError>;
        #[route("Ended")]
        pub async fn take_Ended(data: Ended) -> Ended;
        #[route("stream-Ended")]
        pub async fn stream_Ended(items: Incoming<Ended>) -> impl Stream<Item = Ended>;
        #[route("Endpoint")]
        pub async fn take_Endpoint(data: Endpoint) -> Endpoint;
        #[route("stream-Endpoint")]
        pub async fn stream_Endpoint(items: Incoming<Endpoint>) -> impl Stream<Item = Endpoint>;
        #[route("Ends")]
        pub async fn take_Ends(data: Ends) -> Ends;
        #[route("stream-Ends")]
        pub async fn stream_Ends(items: Incoming<Ends>) -> impl Stream<Item = Ends>;
        #[route("Entries")]
        pub async fn take_Entries(data: Entries) -> Entries;
        #[route("stream-Entries")]
        pub async fn stream_Entries(items: Incoming<Entries>) -> impl Stream<Item = Entries>;
        #[route("Entry")]
        pub async fn take_Entry(data: Entry) -> Entry;
        #[route("stream-Entry")]
        pub async fn stream_Entry(items: Incoming<Entry>) -> impl Stream<Item = Entry>;
        #[route("Err")]
        pub async fn take_Err(data: Err) -> Err;
        #[route("stream-Err")]
        pub async fn stream_Err(items: Incoming<Err>) -> impl Stream<Item = Err>;
        #[route("Error")]
        pub async fn take_Error(data: Error) -> Error;
        #[route("stream-Error")]
        pub async fn stream_Error(items: Incoming<Error>) -> impl Stream<Item = Error>;
        #[route("ExitCode")]
        pub async fn take_ExitCode(data: ExitCode) -> ExitCode;
        #[route("stream-ExitCode")]
        pub async fn stream_ExitCode(items: Incoming<ExitCode>) -> impl Stream<Item = ExitCode>;
        #[route("Extract")]
        pub async fn take_Extract(data: Extract) -> Extract;
        #[route("stream-Extract")]
        pub async fn stream_Extract(items: Incoming<Extract>) -> impl Stream<Item = Extract>;
        #[route("FACTS")]
        pub async fn take_FACTS(data: FACTS) -> FACTS;
        #[route("stream-FACTS")]
        pub async fn stream_FACTS(items: Incoming<FACTS>) -> impl Stream<Item = FACTS>;
        #[route("FAILURE")]
        pub async fn take_FAILURE(data: FAILURE) -> FAILURE;
        #[route("stream-FAILURE")]
        pub async fn stream_FAILURE(items: Incoming<FAILURE>) -> impl Stream<Item = FAILURE>;
        #[route("Failure")]
        pub async fn take_Failure(data: Failure) -> Failure;
        #[route("stream-Failure")]
        pub async fn stream_Failure(items: Incoming<Failure>) -> impl Stream<Item = Failure>;
        #[route("Fn")]
        pub async fn take_Fn(data: Fn) -> Fn;
        #[route("stream-Fn")]
        pub async fn stream_Fn(items: Incoming<Fn>) -> impl Stream<Item = Fn>;
        #[route("Gives")]
        pub async fn take_Gives(data: Gives) -> Gives;
        #[route("stream-Gives")]
        pub async fn stream_Gives(items: Incoming<Gives>) -> impl Stream<Item = Gives>;
        #[route("Guard")]
        pub async fn take_Guard(data: Guard) -> Guard;
        #[route("stream-Guard")]
        pub async fn stream_Guard(items: Incoming<Guard>) -> impl Stream<Item = Guard>;
        #[route("H")]
        pub async fn take_H(data: H) -> H;
        #[route("stream-H")]
        pub async fn stream_H(items: Incoming<H>) -> impl Stream<Item = H>;
        #[route("Handler")]
        pub async fn take_Handler(data: Handler) -> Handler;
        #[route("stream-Handler")]
        pub async fn stream_Handler(items: Incoming<Handler>) -> impl Stream<Item = Handler>;
        #[route("IN_RESULT")]
        pub async fn take_IN_RESULT(data: IN_RESULT) -> IN_RESULT;
        #[route("stream-IN_RESULT")]
        pub async fn stream_IN_RESULT(items: Incoming<IN_RESULT>) -> impl Stream<Item = IN_RESULT>;
        #[route("IS_RESULT")]
        pub async fn take_IS_RESULT(data: IS_RESULT) -> IS_RESULT;
        #[route("stream-IS_RESULT")]
        pub async fn stream_IS_RESULT(items: Incoming<IS_RESULT>) -> impl Stream<Item = IS_RESULT>;
        #[route("ITEMS")]
        pub async fn take_ITEMS(data: ITEMS) -> ITEMS;
        #[route("stream-ITEMS")]
        pub async fn stream_ITEMS(items: Incoming<ITEMS>) -> impl Stream<Item = ITEMS>;
        #[route("Inside")]
        pub async fn take_Inside(data: Inside) -> Inside;
        #[route("stream-Inside")]
        pub async fn stream_Inside(items: Incoming<Inside>) -> impl Stream<Item = Inside>;
        #[route("IsHandler")]
        pub async fn take_IsHandler(data: IsHandler) -> IsHandler;
        #[route("stream-IsHandler")]
        pub async fn stream_IsHandler(items: Incoming<IsHandler>) -> impl Stream<Item = IsHandler>;
        #[route("It")]
        pub async fn take_It(data: It) -> It;
        #[route("stream-It")]
        pub async fn stream_It(items: Incoming<It>) -> impl Stream<Item = It>;
        #[route("Item")]
        pub async fn take_Item(data: Item) -> Item;
        #[route("stream-Item")]
        pub async fn stream_Item(items: Incoming<Item>) -> impl Stream<Item = Item>;
        #[route("LazyLock")]
        pub async fn take_LazyLock(data: LazyLock) -> LazyLock;
        #[route("stream-LazyLock")]
        pub async fn stream_LazyLock(items: Incoming<LazyLock>) -> impl Stream<Item = LazyLock>;
        #[route("ManyItems")]
        pub async fn take_ManyItems(data: ManyItems) -> ManyItems;
        #[route("stream-ManyItems")]
        pub async fn stream_ManyItems(items: Incoming<ManyItems>) -> impl Stream<Item = ManyItems>;
        #[route("Message")]
        pub async fn take_Message(data: Message) -> Message;
        #[route("stream-Message")]
        pub async fn stream_Message(items: Incoming<Message>) -> impl Stream<Item = Message>;
        #[route("NAME")]
        pub async fn take_NAME(data: NAME) -> NAME;
        #[route("stream-NAME")]
        pub async fn stream_NAME(items: Incoming<NAME>) -> impl Stream<Item = NAME>;
        #[route("NOTHING")]
        pub async fn take_NOTHING(data: NOTHING) -> NOTHING;
        #[route("stream-NOTHING")]
        pub async fn stream_NOTHING(items: Incoming<NOTHING>) -> impl Stream<Item = NOTHING>;
        #[route("Name")]
        pub async fn take_Name(data: Name) -> Name;
        #[route("stream-Name")]
        pub async fn stream_Name(items: Incoming<Name>) -> impl Stream<Item = Name>;
        #[route("NameParts")]
        pub async fn take_NameParts(data: NameParts) -> NameParts;
        #[route("stream-NameParts")]
        pub async fn stream_NameParts(items: Incoming<NameParts>) -> impl Stream<Item = NameParts>;
        #[route("Named")]
        pub async fn take_Named(data: Named) -> Named;
        #[route("stream-Named")]
        pub async fn stream_Named(items: Incoming<Named>) -> impl Stream<Item = Named>;
        #[route("No")]
        pub async fn take_No(data: No) -> No;
        #[route("stream-No")]
        pub async fn stream_No(items: Incoming<No>) -> impl Stream<Item = No>;
        #[route("NoState")]
        pub async fn take_NoState(data: NoState) -> NoState;
        #[route("stream-NoState")]
        pub async fn stream_NoState(items: Incoming<NoState>) -> impl Stream<Item = NoState>;
        #[route("None")]
        pub async fn take_None(data: None) -> None;
        #[route("stream-None")]
        pub async fn stream_None(items: Incoming<None>) -> impl Stream<Item = None>;
        #[route("OUTCOME")]
        pub async fn take_OUTCOME(data: OUTCOME) -> OUTCOME;
        #[route("stream-OUTCOME")]
        pub async fn stream_OUTCOME(items: Incoming<OUTCOME>) -> impl Stream<Item = OUTCOME>;
        #[route("Ok")]
        pub async fn take_Ok(data: Ok) -> Ok;
        #[route("stream-Ok")]
        pub async fn stream_Ok(items: Incoming<Ok>) -> impl Stream<Item = Ok>;
        #[route("OnPipe")]
        pub async fn take_OnPipe(data: OnPipe) -> OnPipe;
        #[route("stream-OnPipe")]
        pub async fn stream_OnPipe(items: Incoming<OnPipe>) -> impl Stream<Item = OnPipe>;
        #[route("OneFunctionPerRoute")]
        pub async fn take_OneFunctionPerRoute(data: OneFunctionPerRoute) -> OneFunctionPerRoute;
        #[route("stream-OneFunctionPerRoute")]
        pub async fn stream_OneFunctionPerRoute(items: Incoming<OneFunctionPerRoute>) -> impl Stream<Item = OneFunctionPerRoute>;
        #[route("OneMessage")]
        pub async fn take_OneMessage(data: OneMessage) -> OneMessage;
        #[route("stream-OneMessage")]
        pub async fn stream_OneMessage(items: Incoming<OneMessage>) -> impl Stream<Item = OneMessage>;
        #[route("OneValue")]
        pub async fn take_OneValue(data: OneValue) -> OneValue;
        #[route("stream-OneValue")]
        pub async fn stream_OneValue(items: Incoming<OneValue>) -> impl Stream<Item = OneValue>;
        #[route("Option")]
        pub async fn take_Option(data: Option) -> Option;
        #[route("stream-Option")]
        pub async fn stream_Option(items: Incoming<Option>) -> impl Stream<Item = Option>;
        #[route("Outcome")]
        pub async fn take_Outcome(data: Outcome) -> Outcome;
        #[route("stream-Outcome")]
        pub async fn stream_Outcome(items: Incoming<Outcome>) -> impl Stream<Item = Outcome>;
        #[route("Pattern")]
        pub async fn take_Pattern(data: Pattern) -> Pattern;
        #[route("stream-Pattern")]
        pub async fn stream_Pattern(items: Incoming<Pattern>) -> impl Stream<Item = Pattern>;
        #[route("Peer")]
        pub async fn take_Peer(data: Peer) -> Peer;
        #[route("stream-Peer")]
        pub async fn stream_Peer(items: Incoming<Peer>) -> impl Stream<Item = Peer>;
        #[route("PhantomData")]
        pub async fn take_PhantomData(data: PhantomData) -> PhantomData;
        #[route("stream-PhantomData")]
        pub async fn stream_PhantomData(items: Incoming<PhantomData>) -> impl Stream<Item = PhantomData>;
        #[route("Pipe")]
        pub async fn take_Pipe(data: Pipe) -> Pipe;
        #[route("stream-Pipe")]
        pub async fn stream_Pipe(items: Incoming<Pipe>) -> impl Stream<Item = Pipe>;
        #[route("Pipes")]
        pub async fn take_Pipes(data: Pipes) -> Pipes;
        #[route("stream-Pipes")]
        pub async fn stream_Pipes(items: Incoming<Pipes>) -> impl Stream<Item = Pipes>;
        #[route("Prefix")]
        pub async fn take_Prefix(data: Prefix) -> Prefix;
        #[route("stream-Prefix")]
        pub async fn stream_Prefix(items: Incoming<Prefix>) -> impl Stream<Item = Prefix>;
        #[route("Protocol")]
        pub async fn take_Protocol(data: Protocol) -> Protocol;
        #[route("stream-Protocol")]
        pub async fn stream_Protocol(items: Incoming<Protocol>) -> impl Stream<Item = Protocol>;
        #[route("R")]
        pub async fn take_R(data: R) -> R;
        #[route("stream-R")]
        pub async fn stream_R(items: Incoming<R>) -> impl Stream<Item = R>;
        #[route("READABLE")]
        pub async fn take_READABLE(data: READABLE) -> READABLE;
        #[route("stream-READABLE")]
        pub async fn stream_READABLE(items: Incoming<READABLE>) -> impl Stream<Item = READABLE>;
        #[route("REGISTER")]
        pub async fn take_REGISTER(data: REGISTER) -> REGISTER;
        #[route("stream-REGISTER")]
        pub async fn stream_REGISTER(items: Incoming<REGISTER>) -> impl Stream<Item = REGISTER>;
        #[route("RESULTS")]
        pub async fn take_RESULTS(data: RESULTS) -> RESULTS;
        #[route("stream-RESULTS")]
        pub async fn stream_RESULTS(items: Incoming<RESULTS>) -> impl Stream<Item = RESULTS>;
        #[route("RESULTS_IN_RESULT")]
        pub async fn take_RESULTS_IN_RESULT(data: RESULTS_IN_RESULT) -> RESULTS_IN_RESULT;
        #[route("stream-RESULTS_IN_RESULT")]
        pub async fn stream_RESULTS_IN_RESULT(items: Incoming<RESULTS_IN_RESULT>) -> impl Stream<Item = RESULTS_IN_RESULT>;
        #[route("ROUTES")]
        pub async fn take_ROUTES(data: ROUTES) -> ROUTES;
        #[route("stream-ROUTES")]
        pub async fn stream_ROUTES(items: Incoming<ROUTES>) -> impl Stream<Item = ROUTES>;
        #[route("RUN")]
        pub async fn take_RUN(data: RUN) -> RUN;
        #[route("stream-RUN")]
        pub async fn stream_RUN(items: Incoming<RUN>) -> impl Stream<Item = RUN>;
        #[route("Readable")]
        pub async fn take_Readable(data: Readable) -> Readable;
        #[route("stream-Readable")]
        pub async fn stream_Readable(items: Incoming<Readable>) -> impl Stream<Item = Readable>;
        #[route("Reads")]
        pub async fn take_Reads(data: Reads) -> Reads;
        #[route("stream-Reads")]
        pub async fn stream_Reads(items: Incoming<Reads>) -> impl Stream<Item = Reads>;
        #[route("Ready")]
        pub async fn take_Ready(data: Ready) -> Ready;
        #[route("stream-Ready")]
        pub async fn stream_Ready(items: Incoming<Ready>) -> impl Stream<Item = Ready>;
        #[route("Register")]
        pub async fn take_Register(data: Register) -> Register;
        #[route("stream-Register")]
        pub async fn stream_Register(items: Incoming<Register>) -> impl Stream<Item = Register>;
        #[route("Registry")]
        pub async fn take_Registry(data: Registry) -> Registry;
        #[route("stream-Registry")]
        pub async fn stream_Registry(items: Incoming<Registry>) -> impl Stream<Item = Registry>;
        #[route("Reply")]
        pub async fn take_Reply(data: Reply) -> Reply;
        #[route("stream-Reply")]
        pub async fn stream_Reply(items: Incoming<Reply>) -> impl Stream<Item = Reply>;
        #[route("ReplyRefused")]
        pub async fn take_ReplyRefused(data: ReplyRefused) -> ReplyRefused;
        #[route("stream-ReplyRefused")]
        pub async fn stream_ReplyRefused(items: Incoming<ReplyRefused>) -> impl Stream<Item = ReplyRefused>;
        #[route("ReplyTypes")]
        pub async fn take_ReplyTypes(data: ReplyTypes) -> ReplyTypes;
        #[route("stream-ReplyTypes")]
        pub async fn stream_ReplyTypes(items: Incoming<ReplyTypes>) -> impl Stream<Item = ReplyTypes>;
        #[route("Result")]
        pub async fn take_Result(data: Result) -> Result;
        #[route("stream-Result")]
        pub async fn stream_Result(items: Incoming<Result>) -> impl Stream<Item = Result>;
        #[route("Returns")]
        pub async fn take_Returns(data: Returns) -> Returns;
        #[route("stream-Returns")]
        pub async fn stream_Returns(items: Incoming<Returns>) -> impl Stream<Item = Returns>;
        #[route("Route")]
        pub async fn take_Route(data: Route) -> Route;
        #[route("stream-Route")]
        pub async fn stream_Route(items: Incoming<Route>) -> impl Stream<Item = Route>;
        #[route("RouteTo")]
        pub async fn take_RouteTo(data: RouteTo) -> RouteTo;
        #[route("stream-RouteTo")]
        pub async fn stream_RouteTo(items: Incoming<RouteTo>) -> impl Stream<Item = RouteTo>;
        #[route("RouteTypes")]
        pub async fn take_RouteTypes(data: RouteTypes) -> RouteTypes;
        #[route("stream-RouteTypes")]
        pub async fn stream_RouteTypes(items: Incoming<RouteTypes>) -> impl Stream<Item = RouteTypes>;
        #[route("S")]
        pub async fn take_S(data: S) -> S;
        #[route("stream-S")]
        pub async fn stream_S(items: Incoming<S>) -> impl Stream<Item = S>;
        #[route("SERVER")]
        pub async fn take_SERVER(data: SERVER) -> SERVER;
        #[route("stream-SERVER")]
        pub async fn stream_SERVER(items: Incoming<SERVER>) -> impl Stream<Item = SERVER>;
        #[route("STREAM")]
        pub async fn take_STREAM(data: STREAM) -> STREAM;
        #[route("stream-STREAM")]
        pub async fn stream_STREAM(items: Incoming<STREAM>) -> impl Stream<Item = STREAM>;
        #[route("STREAM_CODE")]
        pub async fn take_STREAM_CODE(data: STREAM_CODE) -> STREAM_CODE;
        #[route("stream-STREAM_CODE")]
        pub async fn stream_STREAM_CODE(items: Incoming<STREAM_CODE>) -> impl Stream<Item = STREAM_CODE>;
        #[route("STREAM_IN_RESULT")]
        pub async fn take_STREAM_IN_RESULT(data: STREAM_IN_RESULT) -> STREAM_IN_RESULT;
        #[route("stream-STREAM_IN_RESULT")]
        pub async fn stream_STREAM_IN_RESULT(items: Incoming<STREAM_IN_RESULT>) -> impl Stream<Item = STREAM_IN_RESULT>;
        #[route("Send")]
        pub async fn take_Send(data: Send) -> Send;
        #[route("stream-Send")]
        pub async fn stream_Send(items: Incoming<Send>) -> impl Stream<Item = Send>;
        #[route("Server")]
        pub async fn take_Server(data: Server) -> Server;
        #[route("stream-Server")]
        pub async fn stream_Server(items: Incoming<Server>) -> impl Stream<Item = Server>;
        #[route("ServerSide")]
        pub async fn take_ServerSide(data: ServerSide) -> ServerSide;
        #[route("stream-ServerSide")]
        pub async fn stream_ServerSide(items: Incoming<ServerSide>) -> impl Stream<Item = ServerSide>;
        #[route("Serves")]
        pub async fn take_Serves(data: Serves) -> Serves;
        #[route("stream-Serves")]
        pub async fn stream_Serves(items: Incoming<Serves>) -> impl Stream<Item = Serves>;
        #[route("Shape")]
        pub async fn take_Shape(data: Shape) -> Shape;
        #[route("stream-Shape")]
        pub async fn stream_Shape(items: Incoming<Shape>) -> impl Stream<Item = Shape>;
        #[route("Side")]
        pub async fn take_Side(data: Side) -> Side;
        #[route("stream-Side")]
        pub async fn stream_Side(items: Incoming<Side>) -> impl Stream<Item = Side>;
        #[route("Some")]
        pub async fn take_Some(data: Some) -> Some;
        #[route("stream-Some")]
        pub async fn stream_Some(items: Incoming<Some>) -> impl Stream<Item = Some>;
        #[route("State")]
        pub async fn take_State(data: State) -> State;
        #[route("stream-State")]
        pub async fn stream_State(items: Incoming<State>) -> impl Stream<Item = State>;
        #[route("StreamOf")]
        pub async fn take_StreamOf(data: StreamOf) -> StreamOf;
        #[route("stream-StreamOf")]
        pub async fn stream_StreamOf(items: Incoming<StreamOf>) -> impl Stream<Item = StreamOf>;
        #[route("Streams")]
        pub async fn take_Streams(data: Streams) -> Streams;
        #[route("stream-Streams")]
        pub async fn stream_Streams(items: Incoming<Streams>) -> impl Stream<Item = Streams>;
        #[route("String")]
        pub async fn take_String(data: String) -> String;
        #[route("stream-String")]
        pub async fn stream_String(items: Incoming<String>) -> impl Stream<Item = String>;
        #[route("Sync")]
        pub async fn take_Sync(data: Sync) -> Sync;
        #[route("stream-Sync")]
        pub async fn stream_Sync(items: Incoming<Sync>) -> impl Stream<Item = Sync>;
        #[route("T")]
        pub async fn take_T(data: T) -> T;
        #[route("stream-T")]
        pub async fn stream_T(items: Incoming<T>) -> impl Stream<Item = T>;
        #[route("TAKE_PIPE")]
        pub async fn take_TAKE_PIPE(data: TAKE_PIPE) -> TAKE_PIPE;
        #[route("stream-TAKE_PIPE")]
        pub async fn stream_TAKE_PIPE(items: Incoming<TAKE_PIPE>) -> impl Stream<Item = TAKE_PIPE>;
        #[route("THERE")]
        pub async fn take_THERE(data: THERE) -> THERE;
        #[route("stream-THERE")]
        pub async fn stream_THERE(items: Incoming<THERE>) -> impl Stream<Item = THERE>;
        #[route("TakePipe")]
        pub async fn take_TakePipe(data: TakePipe) -> TakePipe;
        #[route("stream-TakePipe")]
        pub async fn stream_TakePipe(items: Incoming<TakePipe>) -> impl Stream<Item = TakePipe>;
        #[route("Takes")]
        pub async fn take_Takes(data: Takes) -> Takes;
        #[route("stream-Takes")]
        pub async fn stream_Takes(items: Incoming<Takes>) -> impl Stream<Item = Takes>;
        #[route("Target")]
        pub async fn take_Target(data: Target) -> Target;
        #[route("stream-Target")]
        pub async fn stream_Target(items: Incoming<Target>) -> impl Stream<Item = Target>;
        #[route("Types")]
        pub async fn take_Types(data: Types) -> Types;
        #[route("stream-Types")]
        pub async fn stream_Types(items: Incoming<Types>) -> impl Stream<Item = Types>;
        #[route("TypesOf")]
        pub async fn take_TypesOf(data: TypesOf) -> TypesOf;
        #[route("stream-TypesOf")]
        pub async fn stream_TypesOf(items: Incoming<TypesOf>) -> impl Stream<Item = TypesOf>;
        #[route("Undeclared")]
        pub async fn take_Undeclared(data: Undeclared) -> Undeclared;
        #[route("stream-Undeclared")]
        pub async fn stream_Undeclared(items: Incoming<Undeclared>) -> impl Stream<Item = Undeclared>;
        #[route("Value")]
        pub async fn take_Value(data: Value) -> Value;
        #[route("stream-Value")]
        pub async fn stream_Value(items: Incoming<Value>) -> impl Stream<Item = Value>;
        #[route("Vec")]
        pub async fn take_Vec(data: Vec) -> Vec;
        #[route("stream-Vec")]
        pub async fn stream_Vec(items: Incoming<Vec>) -> impl Stream<Item = Vec>;
        #[route("WITH_CONNECTION")]
        pub async fn take_WITH_CONNECTION(data: WITH_CONNECTION) -> WITH_CONNECTION;
        #[route("stream-WITH_CONNECTION")]
        pub async fn stream_WITH_CONNECTION(items: Incoming<WITH_CONNECTION>) -> impl Stream<Item = WITH_CONNECTION>;
        #[route("WITH_HANDLER")]
        pub async fn take_WITH_HANDLER(data: WITH_HANDLER) -> WITH_HANDLER;
        #[route("stream-WITH_HANDLER")]
        pub async fn stream_WITH_HANDLER(items: Incoming<WITH_HANDLER>) -> impl Stream<Item = WITH_HANDLER>;
        #[route("WRITABLE")]
        pub async fn take_WRITABLE(data: WRITABLE) -> WRITABLE;
        #[route("stream-WRITABLE")]
        pub async fn stream_WRITABLE(items: Incoming<WRITABLE>) -> impl Stream<Item = WRITABLE>;
        #[route("WRITABLE_OK")]
        pub async fn take_WRITABLE_OK(data: WRITABLE_OK) -> WRITABLE_OK;
        #[route("stream-WRITABLE_OK")]
        pub async fn stream_WRITABLE_OK(items: Incoming<WRITABLE_OK>) -> impl Stream<Item = WRITABLE_OK>;
        #[route("Whatever")]
        pub async fn take_Whatever(data: Whatever) -> Whatever;
        #[route("stream-Whatever")]
        pub async fn stream_Whatever(items: Incoming<Whatever>) -> impl Stream<Item = Whatever>;
        #[route("Writable")]
        pub async fn take_Writable(data: Writable) -> Writable;
        #[route("stream-Writable")]
        pub async fn stream_Writable(items: Incoming<Writable>) -> impl Stream<Item = Writable>;
        #[route("Writes")]
        pub async fn take_Writes(data: Writes) -> Writes;
        #[route("stream-Writes")]
        pub async fn stream_Writes(items: Incoming<Writes>) -> impl Stream<Item = Writes>;
        #[route("YES")]
        pub async fn take_YES(data: YES) -> YES;
        #[route("stream-YES")]
        pub async fn stream_YES(items: Incoming<YES>) -> impl Stream<Item = YES>;
    }
}

mod fields {
    use super::protocol::mine::*;

    #[::highway::server(serves = super::protocol::mine, peer = super::protocol::theirs)]
    pub struct Mine {
        __private: ::std::primitive::u8,
        alloc: ::std::primitive::u8,
        allow: ::std::primitive::u8,
        around: ::std::primitive::u8,
        around_concurrent: ::std::primitive::u8,
        around_in_order: ::std::primitive::u8,
        around_static: ::std::primitive::u8,
        chars: ::std::primitive::u8,
        check: ::std::primitive::u8,
        check_pipes: ::std::primitive::u8,
        client: ::std::primitive::u8,
        clippy: ::std::primitive::u8,
        clone: ::std::primitive::u8,
        collect: ::std::primitive::u8,
        compile_error: ::std::primitive::u8,
        concurrent: ::std::primitive::u8,
        connect: ::std::primitive::u8,
        contract: ::std::primitive::u8,
        core: ::std::primitive::u8,
        data: ::std::primitive::u8,
        dead_code: ::std::primitive::u8,
        declarable: ::std::primitive::u8,
        deref: ::std::primitive::u8,
        deref_mut: ::std::primitive::u8,
        derive: ::std::primitive::u8,
        describe: ::std::primitive::u8,
        dialect: ::std::primitive::u8,
        doc: ::std::primitive::u8,
        docs: ::std::primitive::u8,
        drop: ::std::primitive::u8,
        encode: ::std::primitive::u8,
        entry: ::std::primitive::u8,
        failure: ::std::primitive::u8,
        file: ::std::primitive::u8,
        fits: ::std::primitive::u8,
        fmt: ::std::primitive::u8,
        function: ::std::primitive::u8,
        gives_items: ::std::primitive::u8,
        handler: ::std::primitive::u8,
        hidden: ::std::primitive::u8,
        highway: ::std::primitive::u8,
        hook: ::std::primitive::u8,
        in_order: ::std::primitive::u8,
        introduction: ::std::primitive::u8,
        inventory: ::std::primitive::u8,
        item: ::std::primitive::u8,
        items: ::std::primitive::u8,
        line: ::std::primitive::u8,
        main: ::std::primitive::u8,
        marker: ::std::primitive::u8,
        message: ::std::primitive::u8,
        name: ::std::primitive::u8,
        names: ::std::primitive::u8,
        needless_pass_by_ref_mut: ::std::primitive::u8,
        needless_pass_by_value: ::std::primitive::u8,
        never: ::std::primitive::u8,
        new: ::std::primitive::u8,
        non_camel_case_types: ::std::primitive::u8,
        non_local_definitions: ::std::primitive::u8,
        non_upper_case_globals: ::std::primitive::u8,
        of: ::std::primitive::u8,
        of_hook: ::std::primitive::u8,
        open_in_order: ::std::primitive::u8,
        out: ::std::primitive::u8,
        outcome: ::std::primitive::u8,
        parameters: ::std::primitive::u8,
        pin: ::std::primitive::u8,
        pipe_concurrent: ::std::primitive::u8,
        pipe_in_order: ::std::primitive::u8,
        prefix: ::std::primitive::u8,
        program: ::std::primitive::u8,
        protocol: ::std::primitive::u8,
        reads: ::std::primitive::u8,
        ready_concurrent: ::std::primitive::u8,
        redundant_closure: ::std::primitive::u8,
        registry: ::std::primitive::u8,
        reply: ::std::primitive::u8,
        rest: ::std::primitive::u8,
        route_concurrent: ::std::primitive::u8,
        route_in_order: ::std::primitive::u8,
        self_named_constructors: ::std::primitive::u8,
        serde: ::std::primitive::u8,
        serialize: ::std::primitive::u8,
        served_by: ::std::primitive::u8,
        server: ::std::primitive::u8,
        state: ::std::primitive::u8,
        std: ::std::primitive::u8,
        stream: ::std::primitive::u8,
        submit: ::std::primitive::u8,
        take_pipe: ::std::primitive::u8,
        takes_items: ::std::primitive::u8,
        there: ::std::primitive::u8,
        tokio: ::std::primitive::u8,
        too_many_arguments: ::std::primitive::u8,
        traits: ::std::primitive::u8,
        trivially_copy_pass_by_ref: ::std::primitive::u8,
        types: ::std::primitive::u8,
        unused_async: ::std::primitive::u8,
        unused_imports: ::std::primitive::u8,
        url: ::std::primitive::u8,
    }

    #[::highway::client(peer = super::protocol::mine)]
    pub struct Theirs;

    #[::highway::on(ready)]
    async fn start(_: &mut Mine) {}

    #[::highway::around("s*", on(pipe))]
    async fn around(
        a_message: &mut ::highway::Message,
        mine: &mut Mine,
        a_next: ::highway::Next<'_, Mine>,
    ) -> ::highway::Outcome {
        a_next.run(a_message, mine).await
    }

    #[::highway::around(on = Mine)]
    static IN_TIME: ::highway::guard::TimeLimit = ::highway::guard::TimeLimit::new(::std::time::Duration::MAX);

    #[::highway::on(pipe)]
    async fn may_reach(_: ::highway::Connection<Mine>, _: &mut Mine) {}

    #[::highway::route(__private)]
    async fn serve___private(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.__private }
    #[::highway::route(alloc)]
    async fn serve_alloc(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.alloc }
    #[::highway::route(allow)]
    async fn serve_allow(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.allow }
    #[::highway::route(around)]
    async fn serve_around(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.around }
    #[::highway::route(around_concurrent)]
    async fn serve_around_concurrent(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.around_concurrent }
    #[::highway::route(around_in_order)]
    async fn serve_around_in_order(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.around_in_order }
    #[::highway::route(around_static)]
    async fn serve_around_static(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.around_static }
    #[::highway::route(chars)]
    async fn serve_chars(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.chars }
    #[::highway::route(check)]
    async fn serve_check(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.check }
    #[::highway::route(check_pipes)]
    async fn serve_check_pipes(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.check_pipes }
    #[::highway::route(client)]
    async fn serve_client(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.client }
    #[::highway::route(clippy)]
    async fn serve_clippy(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.clippy }
    #[::highway::route(clone)]
    async fn serve_clone(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.clone }
    #[::highway::route(collect)]
    async fn serve_collect(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.collect }
    #[::highway::route(compile_error)]
    async fn serve_compile_error(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.compile_error }
    #[::highway::route(concurrent)]
    async fn serve_concurrent(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.concurrent }
    #[::highway::route(connect)]
    async fn serve_connect(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.connect }
    #[::highway::route(contract)]
    async fn serve_contract(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.contract }
    #[::highway::route(core)]
    async fn serve_core(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.core }
    #[::highway::route(data)]
    async fn serve_data(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.data }
    #[::highway::route(dead_code)]
    async fn serve_dead_code(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.dead_code }
    #[::highway::route(declarable)]
    async fn serve_declarable(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.declarable }
    #[::highway::route(deref)]
    async fn serve_deref(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.deref }
    #[::highway::route(deref_mut)]
    async fn serve_deref_mut(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.deref_mut }
    #[::highway::route(derive)]
    async fn serve_derive(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.derive }
    #[::highway::route(describe)]
    async fn serve_describe(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.describe }
    #[::highway::route(dialect)]
    async fn serve_dialect(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.dialect }
    #[::highway::route(doc)]
    async fn serve_doc(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.doc }
    #[::highway::route(docs)]
    async fn serve_docs(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.docs }
    #[::highway::route(drop)]
    async fn serve_drop(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.drop }
    #[::highway::route(encode)]
    async fn serve_encode(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.encode }
    #[::highway::route(entry)]
    async fn serve_entry(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.entry }
    #[::highway::route(failure)]
    async fn serve_failure(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.failure }
    #[::highway::route(file)]
    async fn serve_file(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.file }
    #[::highway::route(fits)]
    async fn serve_fits(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.fits }
    #[::highway::route(fmt)]
    async fn serve_fmt(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.fmt }
    #[::highway::route(function)]
    async fn serve_function(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.function }
    #[::highway::route(gives_items)]
    async fn serve_gives_items(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.gives_items }
    #[::highway::route(handler)]
    async fn serve_handler(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.handler }
    #[::highway::route(hidden)]
    async fn serve_hidden(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.hidden }
    #[::highway::route(highway)]
    async fn serve_highway(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.highway }
    #[::highway::route(hook)]
    async fn serve_hook(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.hook }
    #[::highway::route(in_order)]
    async fn serve_in_order(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.in_order }
    #[::highway::route(introduction)]
    async fn serve_introduction(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.introduction }
    #[::highway::route(inventory)]
    async fn serve_inventory(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.inventory }
    #[::highway::route(item)]
    async fn serve_item(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.item }
    #[::highway::route(items)]
    async fn serve_items(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.items }
    #[::highway::route(line)]
    async fn serve_line(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.line }
    #[::highway::route(main)]
    async fn serve_main(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.main }
    #[::highway::route(marker)]
    async fn serve_marker(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.marker }
    #[::highway::route(message)]
    async fn serve_message(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.message }
    #[::highway::route(name)]
    async fn serve_name(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.name }
    #[::highway::route(names)]
    async fn serve_names(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.names }
    #[::highway::route(needless_pass_by_ref_mut)]
    async fn serve_needless_pass_by_ref_mut(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.needless_pass_by_ref_mut }
    #[::highway::route(needless_pass_by_value)]
    async fn serve_needless_pass_by_value(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.needless_pass_by_value }
    #[::highway::route(never)]
    async fn serve_never(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.never }
    #[::highway::route(new)]
    async fn serve_new(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.new }
    #[::highway::route(non_camel_case_types)]
    async fn serve_non_camel_case_types(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.non_camel_case_types }
    #[::highway::route(non_local_definitions)]
    async fn serve_non_local_definitions(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.non_local_definitions }
    #[::highway::route(non_upper_case_globals)]
    async fn serve_non_upper_case_globals(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.non_upper_case_globals }
    #[::highway::route(of)]
    async fn serve_of(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.of }
    #[::highway::route(of_hook)]
    async fn serve_of_hook(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.of_hook }
    #[::highway::route(open_in_order)]
    async fn serve_open_in_order(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.open_in_order }
    #[::highway::route(out)]
    async fn serve_out(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.out }
    #[::highway::route(outcome)]
    async fn serve_outcome(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.outcome }
    #[::highway::route(parameters)]
    async fn serve_parameters(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.parameters }
    #[::highway::route(pin)]
    async fn serve_pin(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.pin }
    #[::highway::route(pipe_concurrent)]
    async fn serve_pipe_concurrent(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.pipe_concurrent }
    #[::highway::route(pipe_in_order)]
    async fn serve_pipe_in_order(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.pipe_in_order }
    #[::highway::route(prefix)]
    async fn serve_prefix(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.prefix }
    #[::highway::route(program)]
    async fn serve_program(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.program }
    #[::highway::route(protocol)]
    async fn serve_protocol(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.protocol }
    #[::highway::route(reads)]
    async fn serve_reads(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.reads }
    #[::highway::route(ready_concurrent)]
    async fn serve_ready_concurrent(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.ready_concurrent }
    #[::highway::route(redundant_closure)]
    async fn serve_redundant_closure(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.redundant_closure }
    #[::highway::route(registry)]
    async fn serve_registry(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.registry }
    #[::highway::route(reply)]
    async fn serve_reply(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.reply }
    #[::highway::route(rest)]
    async fn serve_rest(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.rest }
    #[::highway::route(route_concurrent)]
    async fn serve_route_concurrent(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.route_concurrent }
    #[::highway::route(route_in_order)]
    async fn serve_route_in_order(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.route_in_order }
    #[::highway::route(self_named_constructors)]
    async fn serve_self_named_constructors(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.self_named_constructors }
    #[::highway::route(serde)]
    async fn serve_serde(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.serde }
    #[::highway::route(serialize)]
    async fn serve_serialize(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.serialize }
    #[::highway::route(served_by)]
    async fn serve_served_by(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.served_by }
    #[::highway::route(server)]
    async fn serve_server(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.server }
    #[::highway::route(state)]
    async fn serve_state(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.state }
    #[::highway::route(std)]
    async fn serve_std(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.std }
    #[::highway::route(stream)]
    async fn serve_stream(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.stream }
    #[::highway::route(submit)]
    async fn serve_submit(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.submit }
    #[::highway::route(take_pipe)]
    async fn serve_take_pipe(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.take_pipe }
    #[::highway::route(takes_items)]
    async fn serve_takes_items(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.takes_items }
    #[::highway::route(there)]
    async fn serve_there(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.there }
    #[::highway::route(tokio)]
    async fn serve_tokio(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.tokio }
    #[::highway::route(too_many_arguments)]
    async fn serve_too_many_arguments(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.too_many_arguments }
    #[::highway::route(traits)]
    async fn serve_traits(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.traits }
    #[::highway::route(trivially_copy_pass_by_ref)]
    async fn serve_trivially_copy_pass_by_ref(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.trivially_copy_pass_by_ref }
    #[::highway::route(types)]
    async fn serve_types(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.types }
    #[::highway::route(unused_async)]
    async fn serve_unused_async(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.unused_async }
    #[::highway::route(unused_imports)]
    async fn serve_unused_imports(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.unused_imports }
    #[::highway::route(url)]
    async fn serve_url(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 { mine.url }
}

mod values {
    use super::{protocol::theirs::*, types::*};

    #[::highway::client(serves = super::protocol::theirs)]
    struct Mine;

    #[::highway::route(take_ANYTHING, on = Mine)]
    async fn serve_ANYTHING(_: ANYTHING) -> ANYTHING { ANYTHING }
    #[::highway::route(stream_ANYTHING, on = Mine)]
    async fn serve_stream_ANYTHING(_: ::highway::Incoming<ANYTHING>) -> impl ::futures_util::Stream<Item = ANYTHING> { ::futures_util::stream::empty() }
    #[::highway::route(take_Answers, on = Mine)]
    async fn serve_Answers(_: Answers) -> Answers { Answers }
    #[::highway::route(stream_Answers, on = Mine)]
    async fn serve_stream_Answers(_: ::highway::Incoming<Answers>) -> impl ::futures_util::Stream<Item = Answers> { ::futures_util::stream::empty() }
    #[::highway::route(take_AroundWithHandlerNeedsRoutesWithHandler, on = Mine)]
    async fn serve_AroundWithHandlerNeedsRoutesWithHandler(_: AroundWithHandlerNeedsRoutesWithHandler) -> AroundWithHandlerNeedsRoutesWithHandler { AroundWithHandlerNeedsRoutesWithHandler }
    #[::highway::route(stream_AroundWithHandlerNeedsRoutesWithHandler, on = Mine)]
    async fn serve_stream_AroundWithHandlerNeedsRoutesWithHandler(_: ::highway::Incoming<AroundWithHandlerNeedsRoutesWithHandler>) -> impl ::futures_util::Stream<Item = AroundWithHandlerNeedsRoutesWithHandler> { ::futures_util::stream::empty() }
    #[::highway::route(take_BORROWED, on = Mine)]
    async fn serve_BORROWED(_: BORROWED) -> BORROWED { BORROWED }
    #[::highway::route(stream_BORROWED, on = Mine)]
    async fn serve_stream_BORROWED(_: ::highway::Incoming<BORROWED>) -> impl ::futures_util::Stream<Item = BORROWED> { ::futures_util::stream::empty() }
    #[::highway::route(take_BelongsTo, on = Mine)]
    async fn serve_BelongsTo(_: BelongsTo) -> BelongsTo { BelongsTo }
    #[::highway::route(stream_BelongsTo, on = Mine)]
    async fn serve_stream_BelongsTo(_: ::highway::Incoming<BelongsTo>) -> impl ::futures_util::Stream<Item = BelongsTo> { ::futures_util::stream::empty() }
    #[::highway::route(take_Box, on = Mine)]
    async fn serve_Box(_: Box) -> Box { Box }
    #[::highway::route(stream_Box, on = Mine)]
    async fn serve_stream_Box(_: ::highway::Incoming<Box>) -> impl ::futures_util::Stream<Item = Box> { ::futures_util::stream::empty() }
    #[::highway::route(take_BoxSource, on = Mine)]
    async fn serve_BoxSource(_: BoxSource) -> BoxSource { BoxSource }
    #[::highway::route(stream_BoxSource, on = Mine)]
    async fn serve_stream_BoxSource(_: ::highway::Incoming<BoxSource>) -> impl ::futures_util::Stream<Item = BoxSource> { ::futures_util::stream::empty() }
    #[::highway::route(take_CLIENT, on = Mine)]
    async fn serve_CLIENT(_: CLIENT) -> CLIENT { CLIENT }
    #[::highway::route(stream_CLIENT, on = Mine)]
    async fn serve_stream_CLIENT(_: ::highway::Incoming<CLIENT>) -> impl ::futures_util::Stream<Item = CLIENT> { ::futures_util::stream::empty() }
    #[::highway::route(take_CONCURRENT, on = Mine)]
    async fn serve_CONCURRENT(_: CONCURRENT) -> CONCURRENT { CONCURRENT }
    #[::highway::route(stream_CONCURRENT, on = Mine)]
    async fn serve_stream_CONCURRENT(_: ::highway::Incoming<CONCURRENT>) -> impl ::futures_util::Stream<Item = CONCURRENT> { ::futures_util::stream::empty() }
    #[::highway::route(take_CallTo, on = Mine)]
    async fn serve_CallTo(_: CallTo) -> CallTo { CallTo }
    #[::highway::route(stream_CallTo, on = Mine)]
    async fn serve_stream_CallTo(_: ::highway::Incoming<CallTo>) -> impl ::futures_util::Stream<Item = CallTo> { ::futures_util::stream::empty() }
    #[::highway::route(take_Client, on = Mine)]
    async fn serve_Client(_: Client) -> Client { Client }
    #[::highway::route(stream_Client, on = Mine)]
    async fn serve_stream_Client(_: ::highway::Incoming<Client>) -> impl ::futures_util::Stream<Item = Client> { ::futures_util::stream::empty() }
    #[::highway::route(take_ClientSide, on = Mine)]
    async fn serve_ClientSide(_: ClientSide) -> ClientSide { ClientSide }
    #[::highway::route(stream_ClientSide, on = Mine)]
    async fn serve_stream_ClientSide(_: ::highway::Incoming<ClientSide>) -> impl ::futures_util::Stream<Item = ClientSide> { ::futures_util::stream::empty() }
    #[::highway::route(take_Clone, on = Mine)]
    async fn serve_Clone(_: Clone) -> Clone { Clone }
    #[::highway::route(stream_Clone, on = Mine)]
    async fn serve_stream_Clone(_: ::highway::Incoming<Clone>) -> impl ::futures_util::Stream<Item = Clone> { ::futures_util::stream::empty() }
    #[::highway::route(take_Comes, on = Mine)]
    async fn serve_Comes(_: Comes) -> Comes { Comes }
    #[::highway::route(stream_Comes, on = Mine)]
    async fn serve_stream_Comes(_: ::highway::Incoming<Comes>) -> impl ::futures_util::Stream<Item = Comes> { ::futures_util::stream::empty() }
    #[::highway::route(take_Connection, on = Mine)]
    async fn serve_Connection(_: Connection) -> Connection { Connection }
    #[::highway::route(stream_Connection, on = Mine)]
    async fn serve_stream_Connection(_: ::highway::Incoming<Connection>) -> impl ::futures_util::Stream<Item = Connection> { ::futures_util::stream::empty() }
    #[::highway::route(take_ConnectsWithoutState, on = Mine)]
    async fn serve_ConnectsWithoutState(_: ConnectsWithoutState) -> ConnectsWithoutState { ConnectsWithoutState }
    #[::highway::route(stream_ConnectsWithoutState, on = Mine)]
    async fn serve_stream_ConnectsWithoutState(_: ::highway::Incoming<ConnectsWithoutState>) -> impl ::futures_util::Stream<Item = ConnectsWithoutState> { ::futures_util::stream::empty() }
    #[::highway::route(take_Contract, on = Mine)]
    async fn serve_Contract(_: Contract) -> Contract { Contract }
    #[::highway::route(stream_Contract, on = Mine)]
    async fn serve_stream_Contract(_: ::highway::Incoming<Contract>) -> impl ::futures_util::Stream<Item = Contract> { ::futures_util::stream::empty() }
    #[::highway::route(take_Copy, on = Mine)]
    async fn serve_Copy(_: Copy) -> Copy { Copy }
    #[::highway::route(stream_Copy, on = Mine)]
    async fn serve_stream_Copy(_: ::highway::Incoming<Copy>) -> impl ::futures_util::Stream<Item = Copy> { ::futures_util::stream::empty() }
    #[::highway::route(take_D, on = Mine)]
    async fn serve_D(_: D) -> D { D }
    #[::highway::route(stream_D, on = Mine)]
    async fn serve_stream_D(_: ::highway::Incoming<D>) -> impl ::futures_util::Stream<Item = D> { ::futures_util::stream::empty() }
    #[::highway::route(take_Data, on = Mine)]
    async fn serve_Data(_: Data) -> Data { Data }
    #[::highway::route(stream_Data, on = Mine)]
    async fn serve_stream_Data(_: ::highway::Incoming<Data>) -> impl ::futures_util::Stream<Item = Data> { ::futures_util::stream::empty() }
    #[::highway::route(take_DataStream, on = Mine)]
    async fn serve_DataStream(_: DataStream) -> DataStream { DataStream }
    #[::highway::route(stream_DataStream, on = Mine)]
    async fn serve_stream_DataStream(_: ::highway::Incoming<DataStream>) -> impl ::futures_util::Stream<Item = DataStream> { ::futures_util::stream::empty() }
    #[::highway::route(take_Debug, on = Mine)]
    async fn serve_Debug(_: Debug) -> Debug { Debug }
    #[::highway::route(stream_Debug, on = Mine)]
    async fn serve_stream_Debug(_: ::highway::Incoming<Debug>) -> impl ::futures_util::Stream<Item = Debug> { ::futures_util::stream::empty() }
    #[::highway::route(take_Declaration, on = Mine)]
    async fn serve_Declaration(_: Declaration) -> Declaration { Declaration }
    #[::highway::route(stream_Declaration, on = Mine)]
    async fn serve_stream_Declaration(_: ::highway::Incoming<Declaration>) -> impl ::futures_util::Stream<Item = Declaration> { ::futures_util::stream::empty() }
    #[::highway::route(take_Declared, on = Mine)]
    async fn serve_Declared(_: Declared) -> Declared { Declared }
    #[::highway::route(stream_Declared, on = Mine)]
    async fn serve_stream_Declared(_: ::highway::Incoming<Declared>) -> impl ::futures_util::Stream<Item = Declared> { ::futures_util::stream::empty() }
    #[::highway::route(take_DeclaredRoute, on = Mine)]
    async fn serve_DeclaredRoute(_: DeclaredRoute) -> DeclaredRoute { DeclaredRoute }
    #[::highway::route(stream_DeclaredRoute, on = Mine)]
    async fn serve_stream_DeclaredRoute(_: ::highway::Incoming<DeclaredRoute>) -> impl ::futures_util::Stream<Item = DeclaredRoute> { ::futures_util::stream::empty() }
    #[::highway::route(take_Declares, on = Mine)]
    async fn serve_Declares(_: Declares) -> Declares { Declares }
    #[::highway::route(stream_Declares, on = Mine)]
    async fn serve_stream_Declares(_: ::highway::Incoming<Declares>) -> impl ::futures_util::Stream<Item = Declares> { ::futures_util::stream::empty() }
    #[::highway::route(take_Default, on = Mine)]
    async fn serve_Default(_: Default) -> Default { Default }
    #[::highway::route(stream_Default, on = Mine)]
    async fn serve_stream_Default(_: ::highway::Incoming<Default>) -> impl ::futures_util::Stream<Item = Default> { ::futures_util::stream::empty() }
    #[::highway::route(take_Deref, on = Mine)]
    async fn serve_Deref(_: Deref) -> Deref { Deref }
    #[::highway::route(stream_Deref, on = Mine)]
    async fn serve_stream_Deref(_: ::highway::Incoming<Deref>) -> impl ::futures_util::Stream<Item = Deref> { ::futures_util::stream::empty() }
    #[::highway::route(take_DerefMut, on = Mine)]
    async fn serve_DerefMut(_: DerefMut) -> DerefMut { DerefMut }
    #[::highway::route(stream_DerefMut, on = Mine)]
    async fn serve_stream_DerefMut(_: ::highway::Incoming<DerefMut>) -> impl ::futures_util::Stream<Item = DerefMut> { ::futures_util::stream::empty() }
    #[::highway::route(take_Description, on = Mine)]
    async fn serve_Description(_: Description) -> Description { Description }
    #[::highway::route(stream_Description, on = Mine)]
    async fn serve_stream_Description(_: ::highway::Incoming<Description>) -> impl ::futures_util::Stream<Item = Description> { ::futures_util::stream::empty() }
    #[::highway::route(take_Dialect, on = Mine)]
    async fn serve_Dialect(_: Dialect) -> Dialect { Dialect }
    #[::highway::route(stream_Dialect, on = Mine)]
    async fn serve_stream_Dialect(_: ::highway::Incoming<Dialect>) -> impl ::futures_util::Stream<Item = Dialect> { ::futures_util::stream::empty() }
    #[::highway::route(take_E, on = Mine)]
    async fn serve_E(_: E) -> E { E }
    #[::highway::route(stream_E, on = Mine)]
    async fn serve_stream_E(_: ::highway::Incoming<E>) -> impl ::futures_util::Stream<Item = E> { ::futures_util::stream::empty() }
    #[::highway::route(take_ERROR, on = Mine)]
    async fn serve_ERROR(_: ERROR) -> ERROR { ERROR }
    #[::highway::route(stream_ERROR, on = Mine)]
    async fn serve_stream_ERROR(_: ::highway::Incoming<ERROR>) -> impl ::futures_util::Stream<Item = ERROR> { ::futures_util::stream::empty() }
    #[::highway::route(take_EXACTLY, on = Mine)]
    async fn serve_EXACTLY(_: EXACTLY) -> EXACTLY { EXACTLY }
    #[::highway::route(stream_EXACTLY, on = Mine)]
    async fn serve_stream_EXACTLY(_: ::highway::Incoming<EXACTLY>) -> impl ::futures_util::Stream<Item = EXACTLY> { ::futures_util::stream::empty() }
    #[::highway::route(take_EncodeError, on = Mine)]
    async fn serve_EncodeError(_: EncodeError) -> EncodeError { EncodeError }
    #[::highway::route(stream_EncodeError, on = Mine)]
    async fn serve_stream_EncodeError(_: ::highway::Incoming<EncodeError>) -> impl ::futures_util::Stream<Item = EncodeError> { ::futures_util::stream::empty() }
    #[::highway::route(take_Ended, on = Mine)]
    async fn serve_Ended(_: Ended) -> Ended { Ended }
    #[::highway::route(stream_Ended, on = Mine)]
    async fn serve_stream_Ended(_: ::highway::Incoming<Ended>) -> impl ::futures_util::Stream<Item = Ended> { ::futures_util::stream::empty() }
    #[::highway::route(take_Endpoint, on = Mine)]
    async fn serve_Endpoint(_: Endpoint) -> Endpoint { Endpoint }
    #[::highway::route(stream_Endpoint, on = Mine)]
    async fn serve_stream_Endpoint(_: ::highway::Incoming<Endpoint>) -> impl ::futures_util::Stream<Item = Endpoint> { ::futures_util::stream::empty() }
    #[::highway::route(take_Ends, on = Mine)]
    async fn serve_Ends(_: Ends) -> Ends { Ends }
    #[::highway::route(stream_Ends, on = Mine)]
    async fn serve_stream_Ends(_: ::highway::Incoming<Ends>) -> impl ::futures_util::Stream<Item = Ends> { ::futures_util::stream::empty() }
    #[::highway::route(take_Entries, on = Mine)]
    async fn serve_Entries(_: Entries) -> Entries { Entries }
    #[::highway::route(stream_Entries, on = Mine)]
    async fn serve_stream_Entries(_: ::highway::Incoming<Entries>) -> impl ::futures_util::Stream<Item = Entries> { ::futures_util::stream::empty() }
    #[::highway::route(take_Entry, on = Mine)]
    async fn serve_Entry(_: Entry) -> Entry { Entry }
    #[::highway::route(stream_Entry, on = Mine)]
    async fn serve_stream_Entry(_: ::highway::Incoming<Entry>) -> impl ::futures_util::Stream<Item = Entry> { ::futures_util::stream::empty() }
    #[::highway::route(take_Err, on = Mine)]
    async fn serve_Err(_: Err) -> Err { Err }
    #[::highway::route(stream_Err, on = Mine)]
    async fn serve_stream_Err(_: ::highway::Incoming<Err>) -> impl ::futures_util::Stream<Item = Err> { ::futures_util::stream::empty() }
    #[::highway::route(take_Error, on = Mine)]
    async fn serve_Error(_: Error) -> Error { Error }
    #[::highway::route(stream_Error, on = Mine)]
    async fn serve_stream_Error(_: ::highway::Incoming<Error>) -> impl ::futures_util::Stream<Item = Error> { ::futures_util::stream::empty() }
    #[::highway::route(take_ExitCode, on = Mine)]
    async fn serve_ExitCode(_: ExitCode) -> ExitCode { ExitCode }
    #[::highway::route(stream_ExitCode, on = Mine)]
    async fn serve_stream_ExitCode(_: ::highway::Incoming<ExitCode>) -> impl ::futures_util::Stream<Item = ExitCode> { ::futures_util::stream::empty() }
    #[::highway::route(take_Extract, on = Mine)]
    async fn serve_Extract(_: Extract) -> Extract { Extract }
    #[::highway::route(stream_Extract, on = Mine)]
    async fn serve_stream_Extract(_: ::highway::Incoming<Extract>) -> impl ::futures_util::Stream<Item = Extract> { ::futures_util::stream::empty() }
    #[::highway::route(take_FACTS, on = Mine)]
    async fn serve_FACTS(_: FACTS) -> FACTS { FACTS }
    #[::highway::route(stream_FACTS, on = Mine)]
    async fn serve_stream_FACTS(_: ::highway::Incoming<FACTS>) -> impl ::futures_util::Stream<Item = FACTS> { ::futures_util::stream::empty() }
    #[::highway::route(take_FAILURE, on = Mine)]
    async fn serve_FAILURE(_: FAILURE) -> FAILURE { FAILURE }
    #[::highway::route(stream_FAILURE, on = Mine)]
    async fn serve_stream_FAILURE(_: ::highway::Incoming<FAILURE>) -> impl ::futures_util::Stream<Item = FAILURE> { ::futures_util::stream::empty() }
    #[::highway::route(take_Failure, on = Mine)]
    async fn serve_Failure(_: Failure) -> Failure { Failure }
    #[::highway::route(stream_Failure, on = Mine)]
    async fn serve_stream_Failure(_: ::highway::Incoming<Failure>) -> impl ::futures_util::Stream<Item = Failure> { ::futures_util::stream::empty() }
    #[::highway::route(take_Fn, on = Mine)]
    async fn serve_Fn(_: Fn) -> Fn { Fn }
    #[::highway::route(stream_Fn, on = Mine)]
    async fn serve_stream_Fn(_: ::highway::Incoming<Fn>) -> impl ::futures_util::Stream<Item = Fn> { ::futures_util::stream::empty() }
    #[::highway::route(take_Gives, on = Mine)]
    async fn serve_Gives(_: Gives) -> Gives { Gives }
    #[::highway::route(stream_Gives, on = Mine)]
    async fn serve_stream_Gives(_: ::highway::Incoming<Gives>) -> impl ::futures_util::Stream<Item = Gives> { ::futures_util::stream::empty() }
    #[::highway::route(take_Guard, on = Mine)]
    async fn serve_Guard(_: Guard) -> Guard { Guard }
    #[::highway::route(stream_Guard, on = Mine)]
    async fn serve_stream_Guard(_: ::highway::Incoming<Guard>) -> impl ::futures_util::Stream<Item = Guard> { ::futures_util::stream::empty() }
    #[::highway::route(take_H, on = Mine)]
    async fn serve_H(_: H) -> H { H }
    #[::highway::route(stream_H, on = Mine)]
    async fn serve_stream_H(_: ::highway::Incoming<H>) -> impl ::futures_util::Stream<Item = H> { ::futures_util::stream::empty() }
    #[::highway::route(take_Handler, on = Mine)]
    async fn serve_Handler(_: Handler) -> Handler { Handler }
    #[::highway::route(stream_Handler, on = Mine)]
    async fn serve_stream_Handler(_: ::highway::Incoming<Handler>) -> impl ::futures_util::Stream<Item = Handler> { ::futures_util::stream::empty() }
    #[::highway::route(take_IN_RESULT, on = Mine)]
    async fn serve_IN_RESULT(_: IN_RESULT) -> IN_RESULT { IN_RESULT }
    #[::highway::route(stream_IN_RESULT, on = Mine)]
    async fn serve_stream_IN_RESULT(_: ::highway::Incoming<IN_RESULT>) -> impl ::futures_util::Stream<Item = IN_RESULT> { ::futures_util::stream::empty() }
    #[::highway::route(take_IS_RESULT, on = Mine)]
    async fn serve_IS_RESULT(_: IS_RESULT) -> IS_RESULT { IS_RESULT }
    #[::highway::route(stream_IS_RESULT, on = Mine)]
    async fn serve_stream_IS_RESULT(_: ::highway::Incoming<IS_RESULT>) -> impl ::futures_util::Stream<Item = IS_RESULT> { ::futures_util::stream::empty() }
    #[::highway::route(take_ITEMS, on = Mine)]
    async fn serve_ITEMS(_: ITEMS) -> ITEMS { ITEMS }
    #[::highway::route(stream_ITEMS, on = Mine)]
    async fn serve_stream_ITEMS(_: ::highway::Incoming<ITEMS>) -> impl ::futures_util::Stream<Item = ITEMS> { ::futures_util::stream::empty() }
    #[::highway::route(take_Inside, on = Mine)]
    async fn serve_Inside(_: Inside) -> Inside { Inside }
    #[::highway::route(stream_Inside, on = Mine)]
    async fn serve_stream_Inside(_: ::highway::Incoming<Inside>) -> impl ::futures_util::Stream<Item = Inside> { ::futures_util::stream::empty() }
    #[::highway::route(take_IsHandler, on = Mine)]
    async fn serve_IsHandler(_: IsHandler) -> IsHandler { IsHandler }
    #[::highway::route(stream_IsHandler, on = Mine)]
    async fn serve_stream_IsHandler(_: ::highway::Incoming<IsHandler>) -> impl ::futures_util::Stream<Item = IsHandler> { ::futures_util::stream::empty() }
    #[::highway::route(take_It, on = Mine)]
    async fn serve_It(_: It) -> It { It }
    #[::highway::route(stream_It, on = Mine)]
    async fn serve_stream_It(_: ::highway::Incoming<It>) -> impl ::futures_util::Stream<Item = It> { ::futures_util::stream::empty() }
    #[::highway::route(take_Item, on = Mine)]
    async fn serve_Item(_: Item) -> Item { Item }
    #[::highway::route(stream_Item, on = Mine)]
    async fn serve_stream_Item(_: ::highway::Incoming<Item>) -> impl ::futures_util::Stream<Item = Item> { ::futures_util::stream::empty() }
    #[::highway::route(take_LazyLock, on = Mine)]
    async fn serve_LazyLock(_: LazyLock) -> LazyLock { LazyLock }
    #[::highway::route(stream_LazyLock, on = Mine)]
    async fn serve_stream_LazyLock(_: ::highway::Incoming<LazyLock>) -> impl ::futures_util::Stream<Item = LazyLock> { ::futures_util::stream::empty() }
    #[::highway::route(take_ManyItems, on = Mine)]
    async fn serve_ManyItems(_: ManyItems) -> ManyItems { ManyItems }
    #[::highway::route(stream_ManyItems, on = Mine)]
    async fn serve_stream_ManyItems(_: ::highway::Incoming<ManyItems>) -> impl ::futures_util::Stream<Item = ManyItems> { ::futures_util::stream::empty() }
    #[::highway::route(take_Message, on = Mine)]
    async fn serve_Message(_: Message) -> Message { Message }
    #[::highway::route(stream_Message, on = Mine)]
    async fn serve_stream_Message(_: ::highway::Incoming<Message>) -> impl ::futures_util::Stream<Item = Message> { ::futures_util::stream::empty() }
    #[::highway::route(take_NAME, on = Mine)]
    async fn serve_NAME(_: NAME) -> NAME { NAME }
    #[::highway::route(stream_NAME, on = Mine)]
    async fn serve_stream_NAME(_: ::highway::Incoming<NAME>) -> impl ::futures_util::Stream<Item = NAME> { ::futures_util::stream::empty() }
    #[::highway::route(take_NOTHING, on = Mine)]
    async fn serve_NOTHING(_: NOTHING) -> NOTHING { NOTHING }
    #[::highway::route(stream_NOTHING, on = Mine)]
    async fn serve_stream_NOTHING(_: ::highway::Incoming<NOTHING>) -> impl ::futures_util::Stream<Item = NOTHING> { ::futures_util::stream::empty() }
    #[::highway::route(take_Name, on = Mine)]
    async fn serve_Name(_: Name) -> Name { Name }
    #[::highway::route(stream_Name, on = Mine)]
    async fn serve_stream_Name(_: ::highway::Incoming<Name>) -> impl ::futures_util::Stream<Item = Name> { ::futures_util::stream::empty() }
    #[::highway::route(take_NameParts, on = Mine)]
    async fn serve_NameParts(_: NameParts) -> NameParts { NameParts }
    #[::highway::route(stream_NameParts, on = Mine)]
    async fn serve_stream_NameParts(_: ::highway::Incoming<NameParts>) -> impl ::futures_util::Stream<Item = NameParts> { ::futures_util::stream::empty() }
    #[::highway::route(take_Named, on = Mine)]
    async fn serve_Named(_: Named) -> Named { Named }
    #[::highway::route(stream_Named, on = Mine)]
    async fn serve_stream_Named(_: ::highway::Incoming<Named>) -> impl ::futures_util::Stream<Item = Named> { ::futures_util::stream::empty() }
    #[::highway::route(take_No, on = Mine)]
    async fn serve_No(_: No) -> No { No }
    #[::highway::route(stream_No, on = Mine)]
    async fn serve_stream_No(_: ::highway::Incoming<No>) -> impl ::futures_util::Stream<Item = No> { ::futures_util::stream::empty() }
    #[::highway::route(take_NoState, on = Mine)]
    async fn serve_NoState(_: NoState) -> NoState { NoState }
    #[::highway::route(stream_NoState, on = Mine)]
    async fn serve_stream_NoState(_: ::highway::Incoming<NoState>) -> impl ::futures_util::Stream<Item = NoState> { ::futures_util::stream::empty() }
    #[::highway::route(take_None, on = Mine)]
    async fn serve_None(_: None) -> None { None }
    #[::highway::route(stream_None, on = Mine)]
    async fn serve_stream_None(_: ::highway::Incoming<None>) -> impl ::futures_util::Stream<Item = None> { ::futures_util::stream::empty() }
    #[::highway::route(take_OUTCOME, on = Mine)]
    async fn serve_OUTCOME(_: OUTCOME) -> OUTCOME { OUTCOME }
    #[::highway::route(stream_OUTCOME, on = Mine)]
    async fn serve_stream_OUTCOME(_: ::highway::Incoming<OUTCOME>) -> impl ::futures_util::Stream<Item = OUTCOME> { ::futures_util::stream::empty() }
    #[::highway::route(take_Ok, on = Mine)]
    async fn serve_Ok(_: Ok) -> Ok { Ok }
    #[::highway::route(stream_Ok, on = Mine)]
    async fn serve_stream_Ok(_: ::highway::Incoming<Ok>) -> impl ::futures_util::Stream<Item = Ok> { ::futures_util::stream::empty() }
    #[::highway::route(take_OnPipe, on = Mine)]
    async fn serve_OnPipe(_: OnPipe) -> OnPipe { OnPipe }
    #[::highway::route(stream_OnPipe, on = Mine)]
    async fn serve_stream_OnPipe(_: ::highway::Incoming<OnPipe>) -> impl ::futures_util::Stream<Item = OnPipe> { ::futures_util::stream::empty() }
    #[::highway::route(take_OneFunctionPerRoute, on = Mine)]
    async fn serve_OneFunctionPerRoute(_: OneFunctionPerRoute) -> OneFunctionPerRoute { OneFunctionPerRoute }
    #[::highway::route(stream_OneFunctionPerRoute, on = Mine)]
    async fn serve_stream_OneFunctionPerRoute(_: ::highway::Incoming<OneFunctionPerRoute>) -> impl ::futures_util::Stream<Item = OneFunctionPerRoute> { ::futures_util::stream::empty() }
    #[::highway::route(take_OneMessage, on = Mine)]
    async fn serve_OneMessage(_: OneMessage) -> OneMessage { OneMessage }
    #[::highway::route(stream_OneMessage, on = Mine)]
    async fn serve_stream_OneMessage(_: ::highway::Incoming<OneMessage>) -> impl ::futures_util::Stream<Item = OneMessage> { ::futures_util::stream::empty() }
    #[::highway::route(take_OneValue, on = Mine)]
    async fn serve_OneValue(_: OneValue) -> OneValue { OneValue }
    #[::highway::route(stream_OneValue, on = Mine)]
    async fn serve_stream_OneValue(_: ::highway::Incoming<OneValue>) -> impl ::futures_util::Stream<Item = OneValue> { ::futures_util::stream::empty() }
    #[::highway::route(take_Option, on = Mine)]
    async fn serve_Option(_: Option) -> Option { Option }
    #[::highway::route(stream_Option, on = Mine)]
    async fn serve_stream_Option(_: ::highway::Incoming<Option>) -> impl ::futures_util::Stream<Item = Option> { ::futures_util::stream::empty() }
    #[::highway::route(take_Outcome, on = Mine)]
    async fn serve_Outcome(_: Outcome) -> Outcome { Outcome }
    #[::highway::route(stream_Outcome, on = Mine)]
    async fn serve_stream_Outcome(_: ::highway::Incoming<Outcome>) -> impl ::futures_util::Stream<Item = Outcome> { ::futures_util::stream::empty() }
    #[::highway::route(take_Pattern, on = Mine)]
    async fn serve_Pattern(_: Pattern) -> Pattern { Pattern }
    #[::highway::route(stream_Pattern, on = Mine)]
    async fn serve_stream_Pattern(_: ::highway::Incoming<Pattern>) -> impl ::futures_util::Stream<Item = Pattern> { ::futures_util::stream::empty() }
    #[::highway::route(take_Peer, on = Mine)]
    async fn serve_Peer(_: Peer) -> Peer { Peer }
    #[::highway::route(stream_Peer, on = Mine)]
    async fn serve_stream_Peer(_: ::highway::Incoming<Peer>) -> impl ::futures_util::Stream<Item = Peer> { ::futures_util::stream::empty() }
    #[::highway::route(take_PhantomData, on = Mine)]
    async fn serve_PhantomData(_: PhantomData) -> PhantomData { PhantomData }
    #[::highway::route(stream_PhantomData, on = Mine)]
    async fn serve_stream_PhantomData(_: ::highway::Incoming<PhantomData>) -> impl ::futures_util::Stream<Item = PhantomData> { ::futures_util::stream::empty() }
    #[::highway::route(take_Pipe, on = Mine)]
    async fn serve_Pipe(_: Pipe) -> Pipe { Pipe }
    #[::highway::route(stream_Pipe, on = Mine)]
    async fn serve_stream_Pipe(_: ::highway::Incoming<Pipe>) -> impl ::futures_util::Stream<Item = Pipe> { ::futures_util::stream::empty() }
    #[::highway::route(take_Pipes, on = Mine)]
    async fn serve_Pipes(_: Pipes) -> Pipes { Pipes }
    #[::highway::route(stream_Pipes, on = Mine)]
    async fn serve_stream_Pipes(_: ::highway::Incoming<Pipes>) -> impl ::futures_util::Stream<Item = Pipes> { ::futures_util::stream::empty() }
    #[::highway::route(take_Prefix, on = Mine)]
    async fn serve_Prefix(_: Prefix) -> Prefix { Prefix }
    #[::highway::route(stream_Prefix, on = Mine)]
    async fn serve_stream_Prefix(_: ::highway::Incoming<Prefix>) -> impl ::futures_util::Stream<Item = Prefix> { ::futures_util::stream::empty() }
    #[::highway::route(take_Protocol, on = Mine)]
    async fn serve_Protocol(_: Protocol) -> Protocol { Protocol }
    #[::highway::route(stream_Protocol, on = Mine)]
    async fn serve_stream_Protocol(_: ::highway::Incoming<Protocol>) -> impl ::futures_util::Stream<Item = Protocol> { ::futures_util::stream::empty() }
    #[::highway::route(take_R, on = Mine)]
    async fn serve_R(_: R) -> R { R }
    #[::highway::route(stream_R, on = Mine)]
    async fn serve_stream_R(_: ::highway::Incoming<R>) -> impl ::futures_util::Stream<Item = R> { ::futures_util::stream::empty() }
    #[::highway::route(take_READABLE, on = Mine)]
    async fn serve_READABLE(_: READABLE) -> READABLE { READABLE }
    #[::highway::route(stream_READABLE, on = Mine)]
    async fn serve_stream_READABLE(_: ::highway::Incoming<READABLE>) -> impl ::futures_util::Stream<Item = READABLE> { ::futures_util::stream::empty() }
    #[::highway::route(take_REGISTER, on = Mine)]
    async fn serve_REGISTER(_: REGISTER) -> REGISTER { REGISTER }
    #[::highway::route(stream_REGISTER, on = Mine)]
    async fn serve_stream_REGISTER(_: ::highway::Incoming<REGISTER>) -> impl ::futures_util::Stream<Item = REGISTER> { ::futures_util::stream::empty() }
    #[::highway::route(take_RESULTS, on = Mine)]
    async fn serve_RESULTS(_: RESULTS) -> RESULTS { RESULTS }
    #[::highway::route(stream_RESULTS, on = Mine)]
    async fn serve_stream_RESULTS(_: ::highway::Incoming<RESULTS>) -> impl ::futures_util::Stream<Item = RESULTS> { ::futures_util::stream::empty() }
    #[::highway::route(take_RESULTS_IN_RESULT, on = Mine)]
    async fn serve_RESULTS_IN_RESULT(_: RESULTS_IN_RESULT) -> RESULTS_IN_RESULT { RESULTS_IN_RESULT }
    #[::highway::route(stream_RESULTS_IN_RESULT, on = Mine)]
    async fn serve_stream_RESULTS_IN_RESULT(_: ::highway::Incoming<RESULTS_IN_RESULT>) -> impl ::futures_util::Stream<Item = RESULTS_IN_RESULT> { ::futures_util::stream::empty() }
    #[::highway::route(take_ROUTES, on = Mine)]
    async fn serve_ROUTES(_: ROUTES) -> ROUTES { ROUTES }
    #[::highway::route(stream_ROUTES, on = Mine)]
    async fn serve_stream_ROUTES(_: ::highway::Incoming<ROUTES>) -> impl ::futures_util::Stream<Item = ROUTES> { ::futures_util::stream::empty() }
    #[::highway::route(take_RUN, on = Mine)]
    async fn serve_RUN(_: RUN) -> RUN { RUN }
    #[::highway::route(stream_RUN, on = Mine)]
    async fn serve_stream_RUN(_: ::highway::Incoming<RUN>) -> impl ::futures_util::Stream<Item = RUN> { ::futures_util::stream::empty() }
    #[::highway::route(take_Readable, on = Mine)]
    async fn serve_Readable(_: Readable) -> Readable { Readable }
    #[::highway::route(stream_Readable, on = Mine)]
    async fn serve_stream_Readable(_: ::highway::Incoming<Readable>) -> impl ::futures_util::Stream<Item = Readable> { ::futures_util::stream::empty() }
    #[::highway::route(take_Reads, on = Mine)]
    async fn serve_Reads(_: Reads) -> Reads { Reads }
    #[::highway::route(stream_Reads, on = Mine)]
    async fn serve_stream_Reads(_: ::highway::Incoming<Reads>) -> impl ::futures_util::Stream<Item = Reads> { ::futures_util::stream::empty() }
    #[::highway::route(take_Ready, on = Mine)]
    async fn serve_Ready(_: Ready) -> Ready { Ready }
    #[::highway::route(stream_Ready, on = Mine)]
    async fn serve_stream_Ready(_: ::highway::Incoming<Ready>) -> impl ::futures_util::Stream<Item = Ready> { ::futures_util::stream::empty() }
    #[::highway::route(take_Register, on = Mine)]
    async fn serve_Register(_: Register) -> Register { Register }
    #[::highway::route(stream_Register, on = Mine)]
    async fn serve_stream_Register(_: ::highway::Incoming<Register>) -> impl ::futures_util::Stream<Item = Register> { ::futures_util::stream::empty() }
    #[::highway::route(take_Registry, on = Mine)]
    async fn serve_Registry(_: Registry) -> Registry { Registry }
    #[::highway::route(stream_Registry, on = Mine)]
    async fn serve_stream_Registry(_: ::highway::Incoming<Registry>) -> impl ::futures_util::Stream<Item = Registry> { ::futures_util::stream::empty() }
    #[::highway::route(take_Reply, on = Mine)]
    async fn serve_Reply(_: Reply) -> Reply { Reply }
    #[::highway::route(stream_Reply, on = Mine)]
    async fn serve_stream_Reply(_: ::highway::Incoming<Reply>) -> impl ::futures_util::Stream<Item = Reply> { ::futures_util::stream::empty() }
    #[::highway::route(take_ReplyRefused, on = Mine)]
    async fn serve_ReplyRefused(_: ReplyRefused) -> ReplyRefused { ReplyRefused }
    #[::highway::route(stream_ReplyRefused, on = Mine)]
    async fn serve_stream_ReplyRefused(_: ::highway::Incoming<ReplyRefused>) -> impl ::futures_util::Stream<Item = ReplyRefused> { ::futures_util::stream::empty() }
    #[::highway::route(take_ReplyTypes, on = Mine)]
    async fn serve_ReplyTypes(_: ReplyTypes) -> ReplyTypes { ReplyTypes }
    #[::highway::route(stream_ReplyTypes, on = Mine)]
    async fn serve_stream_ReplyTypes(_: ::highway::Incoming<ReplyTypes>) -> impl ::futures_util::Stream<Item = ReplyTypes> { ::futures_util::stream::empty() }
    #[::highway::route(take_Result, on = Mine)]
    async fn serve_Result(_: Result) -> Result { Result }
    #[::highway::route(stream_Result, on = Mine)]
    async fn serve_stream_Result(_: ::highway::Incoming<Result>) -> impl ::futures_util::Stream<Item = Result> { ::futures_util::stream::empty() }
    #[::highway::route(take_Returns, on = Mine)]
    async fn serve_Returns(_: Returns) -> Returns { Returns }
    #[::highway::route(stream_Returns, on = Mine)]
    async fn serve_stream_Returns(_: ::highway::Incoming<Returns>) -> impl ::futures_util::Stream<Item = Returns> { ::futures_util::stream::empty() }
    #[::highway::route(take_Route, on = Mine)]
    async fn serve_Route(_: Route) -> Route { Route }
    #[::highway::route(stream_Route, on = Mine)]
    async fn serve_stream_Route(_: ::highway::Incoming<Route>) -> impl ::futures_util::Stream<Item = Route> { ::futures_util::stream::empty() }
    #[::highway::route(take_RouteTo, on = Mine)]
    async fn serve_RouteTo(_: RouteTo) -> RouteTo { RouteTo }
    #[::highway::route(stream_RouteTo, on = Mine)]
    async fn serve_stream_RouteTo(_: ::highway::Incoming<RouteTo>) -> impl ::futures_util::Stream<Item = RouteTo> { ::futures_util::stream::empty() }
    #[::highway::route(take_RouteTypes, on = Mine)]
    async fn serve_RouteTypes(_: RouteTypes) -> RouteTypes { RouteTypes }
    #[::highway::route(stream_RouteTypes, on = Mine)]
    async fn serve_stream_RouteTypes(_: ::highway::Incoming<RouteTypes>) -> impl ::futures_util::Stream<Item = RouteTypes> { ::futures_util::stream::empty() }
    #[::highway::route(take_S, on = Mine)]
    async fn serve_S(_: S) -> S { S }
    #[::highway::route(stream_S, on = Mine)]
    async fn serve_stream_S(_: ::highway::Incoming<S>) -> impl ::futures_util::Stream<Item = S> { ::futures_util::stream::empty() }
    #[::highway::route(take_SERVER, on = Mine)]
    async fn serve_SERVER(_: SERVER) -> SERVER { SERVER }
    #[::highway::route(stream_SERVER, on = Mine)]
    async fn serve_stream_SERVER(_: ::highway::Incoming<SERVER>) -> impl ::futures_util::Stream<Item = SERVER> { ::futures_util::stream::empty() }
    #[::highway::route(take_STREAM, on = Mine)]
    async fn serve_STREAM(_: STREAM) -> STREAM { STREAM }
    #[::highway::route(stream_STREAM, on = Mine)]
    async fn serve_stream_STREAM(_: ::highway::Incoming<STREAM>) -> impl ::futures_util::Stream<Item = STREAM> { ::futures_util::stream::empty() }
    #[::highway::route(take_STREAM_CODE, on = Mine)]
    async fn serve_STREAM_CODE(_: STREAM_CODE) -> STREAM_CODE { STREAM_CODE }
    #[::highway::route(stream_STREAM_CODE, on = Mine)]
    async fn serve_stream_STREAM_CODE(_: ::highway::Incoming<STREAM_CODE>) -> impl ::futures_util::Stream<Item = STREAM_CODE> { ::futures_util::stream::empty() }
    #[::highway::route(take_STREAM_IN_RESULT, on = Mine)]
    async fn serve_STREAM_IN_RESULT(_: STREAM_IN_RESULT) -> STREAM_IN_RESULT { STREAM_IN_RESULT }
    #[::highway::route(stream_STREAM_IN_RESULT, on = Mine)]
    async fn serve_stream_STREAM_IN_RESULT(_: ::highway::Incoming<STREAM_IN_RESULT>) -> impl ::futures_util::Stream<Item = STREAM_IN_RESULT> { ::futures_util::stream::empty() }
    #[::highway::route(take_Send, on = Mine)]
    async fn serve_Send(_: Send) -> Send { Send }
    #[::highway::route(stream_Send, on = Mine)]
    async fn serve_stream_Send(_: ::highway::Incoming<Send>) -> impl ::futures_util::Stream<Item = Send> { ::futures_util::stream::empty() }
    #[::highway::route(take_Server, on = Mine)]
    async fn serve_Server(_: Server) -> Server { Server }
    #[::highway::route(stream_Server, on = Mine)]
    async fn serve_stream_Server(_: ::highway::Incoming<Server>) -> impl ::futures_util::Stream<Item = Server> { ::futures_util::stream::empty() }
    #[::highway::route(take_ServerSide, on = Mine)]
    async fn serve_ServerSide(_: ServerSide) -> ServerSide { ServerSide }
    #[::highway::route(stream_ServerSide, on = Mine)]
    async fn serve_stream_ServerSide(_: ::highway::Incoming<ServerSide>) -> impl ::futures_util::Stream<Item = ServerSide> { ::futures_util::stream::empty() }
    #[::highway::route(take_Serves, on = Mine)]
    async fn serve_Serves(_: Serves) -> Serves { Serves }
    #[::highway::route(stream_Serves, on = Mine)]
    async fn serve_stream_Serves(_: ::highway::Incoming<Serves>) -> impl ::futures_util::Stream<Item = Serves> { ::futures_util::stream::empty() }
    #[::highway::route(take_Shape, on = Mine)]
    async fn serve_Shape(_: Shape) -> Shape { Shape }
    #[::highway::route(stream_Shape, on = Mine)]
    async fn serve_stream_Shape(_: ::highway::Incoming<Shape>) -> impl ::futures_util::Stream<Item = Shape> { ::futures_util::stream::empty() }
    #[::highway::route(take_Side, on = Mine)]
    async fn serve_Side(_: Side) -> Side { Side }
    #[::highway::route(stream_Side, on = Mine)]
    async fn serve_stream_Side(_: ::highway::Incoming<Side>) -> impl ::futures_util::Stream<Item = Side> { ::futures_util::stream::empty() }
    #[::highway::route(take_Some, on = Mine)]
    async fn serve_Some(_: Some) -> Some { Some }
    #[::highway::route(stream_Some, on = Mine)]
    async fn serve_stream_Some(_: ::highway::Incoming<Some>) -> impl ::futures_util::Stream<Item = Some> { ::futures_util::stream::empty() }
    #[::highway::route(take_State, on = Mine)]
    async fn serve_State(_: State) -> State { State }
    #[::highway::route(stream_State, on = Mine)]
    async fn serve_stream_State(_: ::highway::Incoming<State>) -> impl ::futures_util::Stream<Item = State> { ::futures_util::stream::empty() }
    #[::highway::route(take_StreamOf, on = Mine)]
    async fn serve_StreamOf(_: StreamOf) -> StreamOf { StreamOf }
    #[::highway::route(stream_StreamOf, on = Mine)]
    async fn serve_stream_StreamOf(_: ::highway::Incoming<StreamOf>) -> impl ::futures_util::Stream<Item = StreamOf> { ::futures_util::stream::empty() }
    #[::highway::route(take_Streams, on = Mine)]
    async fn serve_Streams(_: Streams) -> Streams { Streams }
    #[::highway::route(stream_Streams, on = Mine)]
    async fn serve_stream_Streams(_: ::highway::Incoming<Streams>) -> impl ::futures_util::Stream<Item = Streams> { ::futures_util::stream::empty() }
    #[::highway::route(take_String, on = Mine)]
    async fn serve_String(_: String) -> String { String }
    #[::highway::route(stream_String, on = Mine)]
    async fn serve_stream_String(_: ::highway::Incoming<String>) -> impl ::futures_util::Stream<Item = String> { ::futures_util::stream::empty() }
    #[::highway::route(take_Sync, on = Mine)]
    async fn serve_Sync(_: Sync) -> Sync { Sync }
    #[::highway::route(stream_Sync, on = Mine)]
    async fn serve_stream_Sync(_: ::highway::Incoming<Sync>) -> impl ::futures_util::Stream<Item = Sync> { ::futures_util::stream::empty() }
    #[::highway::route(take_T, on = Mine)]
    async fn serve_T(_: T) -> T { T }
    #[::highway::route(stream_T, on = Mine)]
    async fn serve_stream_T(_: ::highway::Incoming<T>) -> impl ::futures_util::Stream<Item = T> { ::futures_util::stream::empty() }
    #[::highway::route(take_TAKE_PIPE, on = Mine)]
    async fn serve_TAKE_PIPE(_: TAKE_PIPE) -> TAKE_PIPE { TAKE_PIPE }
    #[::highway::route(stream_TAKE_PIPE, on = Mine)]
    async fn serve_stream_TAKE_PIPE(_: ::highway::Incoming<TAKE_PIPE>) -> impl ::futures_util::Stream<Item = TAKE_PIPE> { ::futures_util::stream::empty() }
    #[::highway::route(take_THERE, on = Mine)]
    async fn serve_THERE(_: THERE) -> THERE { THERE }
    #[::highway::route(stream_THERE, on = Mine)]
    async fn serve_stream_THERE(_: ::highway::Incoming<THERE>) -> impl ::futures_util::Stream<Item = THERE> { ::futures_util::stream::empty() }
    #[::highway::route(take_TakePipe, on = Mine)]
    async fn serve_TakePipe(_: TakePipe) -> TakePipe { TakePipe }
    #[::highway::route(stream_TakePipe, on = Mine)]
    async fn serve_stream_TakePipe(_: ::highway::Incoming<TakePipe>) -> impl ::futures_util::Stream<Item = TakePipe> { ::futures_util::stream::empty() }
    #[::highway::route(take_Takes, on = Mine)]
    async fn serve_Takes(_: Takes) -> Takes { Takes }
    #[::highway::route(stream_Takes, on = Mine)]
    async fn serve_stream_Takes(_: ::highway::Incoming<Takes>) -> impl ::futures_util::Stream<Item = Takes> { ::futures_util::stream::empty() }
    #[::highway::route(take_Target, on = Mine)]
    async fn serve_Target(_: Target) -> Target { Target }
    #[::highway::route(stream_Target, on = Mine)]
    async fn serve_stream_Target(_: ::highway::Incoming<Target>) -> impl ::futures_util::Stream<Item = Target> { ::futures_util::stream::empty() }
    #[::highway::route(take_Types, on = Mine)]
    async fn serve_Types(_: Types) -> Types { Types }
    #[::highway::route(stream_Types, on = Mine)]
    async fn serve_stream_Types(_: ::highway::Incoming<Types>) -> impl ::futures_util::Stream<Item = Types> { ::futures_util::stream::empty() }
    #[::highway::route(take_TypesOf, on = Mine)]
    async fn serve_TypesOf(_: TypesOf) -> TypesOf { TypesOf }
    #[::highway::route(stream_TypesOf, on = Mine)]
    async fn serve_stream_TypesOf(_: ::highway::Incoming<TypesOf>) -> impl ::futures_util::Stream<Item = TypesOf> { ::futures_util::stream::empty() }
    #[::highway::route(take_Undeclared, on = Mine)]
    async fn serve_Undeclared(_: Undeclared) -> Undeclared { Undeclared }
    #[::highway::route(stream_Undeclared, on = Mine)]
    async fn serve_stream_Undeclared(_: ::highway::Incoming<Undeclared>) -> impl ::futures_util::Stream<Item = Undeclared> { ::futures_util::stream::empty() }
    #[::highway::route(take_Value, on = Mine)]
    async fn serve_Value(_: Value) -> Value { Value }
    #[::highway::route(stream_Value, on = Mine)]
    async fn serve_stream_Value(_: ::highway::Incoming<Value>) -> impl ::futures_util::Stream<Item = Value> { ::futures_util::stream::empty() }
    #[::highway::route(take_Vec, on = Mine)]
    async fn serve_Vec(_: Vec) -> Vec { Vec }
    #[::highway::route(stream_Vec, on = Mine)]
    async fn serve_stream_Vec(_: ::highway::Incoming<Vec>) -> impl ::futures_util::Stream<Item = Vec> { ::futures_util::stream::empty() }
    #[::highway::route(take_WITH_CONNECTION, on = Mine)]
    async fn serve_WITH_CONNECTION(_: WITH_CONNECTION) -> WITH_CONNECTION { WITH_CONNECTION }
    #[::highway::route(stream_WITH_CONNECTION, on = Mine)]
    async fn serve_stream_WITH_CONNECTION(_: ::highway::Incoming<WITH_CONNECTION>) -> impl ::futures_util::Stream<Item = WITH_CONNECTION> { ::futures_util::stream::empty() }
    #[::highway::route(take_WITH_HANDLER, on = Mine)]
    async fn serve_WITH_HANDLER(_: WITH_HANDLER) -> WITH_HANDLER { WITH_HANDLER }
    #[::highway::route(stream_WITH_HANDLER, on = Mine)]
    async fn serve_stream_WITH_HANDLER(_: ::highway::Incoming<WITH_HANDLER>) -> impl ::futures_util::Stream<Item = WITH_HANDLER> { ::futures_util::stream::empty() }
    #[::highway::route(take_WRITABLE, on = Mine)]
    async fn serve_WRITABLE(_: WRITABLE) -> WRITABLE { WRITABLE }
    #[::highway::route(stream_WRITABLE, on = Mine)]
    async fn serve_stream_WRITABLE(_: ::highway::Incoming<WRITABLE>) -> impl ::futures_util::Stream<Item = WRITABLE> { ::futures_util::stream::empty() }
    #[::highway::route(take_WRITABLE_OK, on = Mine)]
    async fn serve_WRITABLE_OK(_: WRITABLE_OK) -> WRITABLE_OK { WRITABLE_OK }
    #[::highway::route(stream_WRITABLE_OK, on = Mine)]
    async fn serve_stream_WRITABLE_OK(_: ::highway::Incoming<WRITABLE_OK>) -> impl ::futures_util::Stream<Item = WRITABLE_OK> { ::futures_util::stream::empty() }
    #[::highway::route(take_Whatever, on = Mine)]
    async fn serve_Whatever(_: Whatever) -> Whatever { Whatever }
    #[::highway::route(stream_Whatever, on = Mine)]
    async fn serve_stream_Whatever(_: ::highway::Incoming<Whatever>) -> impl ::futures_util::Stream<Item = Whatever> { ::futures_util::stream::empty() }
    #[::highway::route(take_Writable, on = Mine)]
    async fn serve_Writable(_: Writable) -> Writable { Writable }
    #[::highway::route(stream_Writable, on = Mine)]
    async fn serve_stream_Writable(_: ::highway::Incoming<Writable>) -> impl ::futures_util::Stream<Item = Writable> { ::futures_util::stream::empty() }
    #[::highway::route(take_Writes, on = Mine)]
    async fn serve_Writes(_: Writes) -> Writes { Writes }
    #[::highway::route(stream_Writes, on = Mine)]
    async fn serve_stream_Writes(_: ::highway::Incoming<Writes>) -> impl ::futures_util::Stream<Item = Writes> { ::futures_util::stream::empty() }
    #[::highway::route(take_YES, on = Mine)]
    async fn serve_YES(_: YES) -> YES { YES }
    #[::highway::route(stream_YES, on = Mine)]
    async fn serve_stream_YES(_: ::highway::Incoming<YES>) -> impl ::futures_util::Stream<Item = YES> { ::futures_util::stream::empty() }
}

fn main() {}
