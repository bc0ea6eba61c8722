import cbor2

TUPLE = 61556


def read(payload):
    return cbor2.loads(payload, semantic_decoders={TUPLE: lambda items, immutable: tuple(items)})


def write(value):
    return cbor2.dumps(
        value,
        encoders={
            tuple: lambda encoder, items: encoder.encode(cbor2.CBORTag(TUPLE, list(items))),
            memoryview: lambda encoder, view: encoder.encode(view.tobytes()),
        },
    )
